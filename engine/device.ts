/** The GPU, opened once; what WebGPU reports about its work becomes exceptions. */
import { type Choices, type Target, targetOf } from "../kernels/mod.ts";
import { type AdapterDescription, type DeviceOptions, type OpenAdapter, openAdapter } from "./adapter.ts";
import { DeviceLostError, type EngineError, GpuError, OutOfMemoryError } from "./errors.ts";
import { Pipelines } from "./pipelines.ts";

export type { AdapterDescription, DeviceOptions };

/** WebGPU reports the loss of a device apart from the rejections that it causes, within this many milliseconds. */
const REASON_MS = 100;

/** Errors that are caught while work is guarded. */
const SCOPES = ["validation", "internal", "out-of-memory"] as const;

const MEMORY_REMEDY =
  "Free GPU memory that other programs hold, or ask for less: a smaller batch, smaller images";

/** An open GPU. Close it with {@link Device.destroy}. */
export class Device {
  /** The source of adapters that it was opened from; kept because Dawn's devices die with it. */
  readonly source: DeviceOptions["gpu"];
  /** The WebGPU device itself. */
  readonly gpu: GPUDevice;
  /** The adapter that it was opened on. */
  readonly adapter: AdapterDescription;
  /** Where tensors live on this device. */
  readonly storage: "buffer" | "texture";
  /** Whether GPU timestamps were requested and granted. */
  readonly timestamps: boolean;
  /** The compiled kernels. */
  readonly pipelines: Pipelines;
  #failure: EngineError | undefined;
  /** The functions that undo the guarded work under way, latest last; undefined while there is none. */
  #undo: (() => void)[] | undefined;
  #destroyed = false;
  #target: Target;

  private constructor(
    { source, gpu, description, storage, kernels, constants, timestamps, cores }: OpenAdapter,
    /** See {@link DeviceOptions}. */
    readonly onCompile: DeviceOptions["onCompile"],
  ) {
    this.source = source;
    this.gpu = gpu;
    this.adapter = description;
    this.storage = storage;
    this.timestamps = timestamps;
    this.pipelines = new Pipelines(gpu, constants);
    this.#target = targetOf(kernels, new Map(), cores);
    gpu.lost.then((info) => {
      if (this.#destroyed) return;
      this.#failure = new DeviceLostError(
        `The GPU was lost (${info.message || info.reason}), and what was on it is gone`,
      );
    });
    gpu.addEventListener("uncapturederror", (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      this.#failure ??= gpuError("The GPU refused a call", error);
    });
  }

  /**
   * Opens the best adapter.
   *
   * @throws {NoAdapterError} when there is none, naming what to install.
   * @throws {GpuError} when the adapter's driver refuses.
   */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    return new Device(await openAdapter(options), options.onCompile);
  }

  /** What kernels know of the adapter: its class, and the variants chosen for it. */
  get target(): Target {
    return this.#target;
  }

  /** Programs recorded from now on use these variants; everything else runs as its class's default. */
  choose(choices: Choices): void {
    this.#target = { ...this.#target, choices };
  }

  /** The error that broke the device, or undefined while it is well. */
  get failure(): EngineError | undefined {
    return this.#failure;
  }

  /**
   * Does nothing while the device is well.
   *
   * @throws {DeviceLostError} when the device is lost or destroyed.
   * @throws {GpuError} when WebGPU refused a call that nobody was waiting for.
   */
  check(): void {
    if (this.#failure) throw this.#failure;
    if (this.#destroyed) throw new DeviceLostError("The device was destroyed; open another one");
  }

  /**
   * Turns a fault of WebGPU, thrown or from a rejected promise, into the error that explains it.
   *
   * @throws {DeviceLostError} when the device is lost or destroyed.
   * @throws {GpuError} otherwise.
   */
  async explain(fault: unknown): Promise<never> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise((resolve) => timer = setTimeout(resolve, REASON_MS));
    await Promise.race([this.gpu.lost, patience]);
    clearTimeout(timer);
    this.check();
    throw new GpuError(`The GPU gave nothing back: ${(fault as Error).message}`, { cause: fault });
  }

  /**
   * Runs `work` and turns what a call of WebGPU throws into an exception that begins with `what`.
   *
   * @throws {GpuError} when a call throws; other errors of `work` pass through.
   */
  attempt<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof DOMException
        ? new GpuError(`${what}: ${error.message}`, { cause: error })
        : error;
    }
  }

  /**
   * Waits for all work submitted so far.
   *
   * @throws {DeviceLostError} when the device is lost or destroyed.
   * @throws {GpuError} when WebGPU refused any of it.
   */
  async idle(): Promise<void> {
    await this.gpu.queue.onSubmittedWorkDone().catch((error) => this.explain(error));
    this.check();
  }

  /**
   * Waits for the work that fills a buffer, made with `MAP_READ`, and calls `read` with its bytes, which are gone
   * afterward.
   *
   * @throws {DeviceLostError} when the device is lost or destroyed.
   * @throws {GpuError} when WebGPU refused the work or has no memory for the bytes.
   */
  async readBack<T>(buffer: GPUBuffer, read: (bytes: ArrayBuffer) => T): Promise<T> {
    await buffer.mapAsync(GPUMapMode.READ).catch((error) => this.explain(error));
    try {
      this.check(); // Refused work leaves the buffer as it was.
      let bytes: ArrayBuffer;
      try {
        bytes = buffer.getMappedRange();
      } catch (error) {
        return await this.explain(error);
      }
      return read(bytes);
    } finally {
      try {
        buffer.unmap();
      } catch {
        // The device was lost meanwhile, and the buffer with it: the next call reports it.
      }
    }
  }

  /** Gives the GPU back. Everything created on it is gone. */
  destroy(): void {
    this.#destroyed = true;
    this.gpu.destroy();
  }

  /** Calls {@link destroy} at the end of a `using` declaration's block. */
  [Symbol.dispose](): void {
    this.destroy();
  }

  /**
   * Runs `work` and turns what WebGPU reports about it into an exception that begins with `what`. If anything fails, the
   * functions given to {@link Device.onRefusal} meanwhile undo the work.
   *
   * @throws {OutOfMemoryError} when the GPU has no memory for it.
   * @throws {GpuError} when WebGPU refuses it; other errors of `work` pass through.
   */
  async guard<T>(what: string, work: () => T): Promise<T> {
    this.check();
    const undo: (() => void)[] = [];
    try {
      for (const scope of SCOPES) this.gpu.pushErrorScope(scope);
      let done: () => T;
      let popped: Promise<GPUError | null>[];
      this.#undo = undo;
      try {
        const result = this.attempt(what, work);
        done = () => result;
      } catch (error) {
        done = () => {
          throw error;
        };
      } finally {
        this.#undo = undefined;
        popped = SCOPES.map(() => this.gpu.popErrorScope());
      }
      const errors = await Promise.all(popped).catch((error) => this.explain(error));
      const result = done();
      for (const error of errors) if (error) throw gpuError(what, error);
      return result;
    } catch (error) {
      for (const takeBack of undo.reverse()) takeBack();
      // What was made meanwhile may be invalid, and invalid pipelines drop their work without an error.
      this.pipelines.clear();
      throw error;
    }
  }

  /**
   * Calls `undo` if the guarded work under way fails: for resources that outlive that work and must not be left half made.
   * Does nothing outside of {@link Device.guard}.
   */
  onRefusal(undo: () => void): void {
    this.#undo?.push(undo);
  }
}

/** An error that WebGPU reports, as an exception. */
function gpuError(what: string, error: GPUError): GpuError {
  return error instanceof GPUOutOfMemoryError
    ? new OutOfMemoryError(`${what}: the GPU has no memory left (${error.message}). ${MEMORY_REMEDY}`)
    : new GpuError(`${what}: ${error.message}`);
}
