/** The GPU, opened once: adapter choice, limits, errors turned into exceptions, and the pipeline cache. */
import { itemAt } from "./item_at.ts";
import {
  type AdapterClass,
  type Choices,
  type Dispatch,
  precisionOf,
  shaderText,
  type Storage,
  type Target,
  targetOf,
  textureFormat,
} from "../kernels/mod.ts";
import { DeviceLostError, type EngineError, GpuError, NoAdapterError, OutOfMemoryError } from "./errors.ts";

/** How a {@link Device} is opened. */
export interface DeviceOptions {
  /** Where tensors live. `auto`: textures on software adapters but SwiftShader, buffers on real GPUs. */
  storage?: "auto" | "buffer" | "texture";
  /** Whose kernels run. `auto`: those for software adapters or for GPUs, whichever the adapter is. */
  kernels?: "auto" | AdapterClass;
  /** `adapter` asks for all that the adapter offers, `default` for WebGPU's defaults, as a browser gives them. */
  limits?: "adapter" | "default";
  /** Ask for GPU timestamps, where offered; {@link Device.timestamps} says whether they were granted. */
  timestamps?: boolean;
  /** What is asked for an adapter; `navigator.gpu` where left out. */
  gpu?: Pick<GPU, "requestAdapter">;
}

/** Which adapter was opened, in words. */
export interface AdapterDescription {
  /** The adapter's own name, such as "NVIDIA H100"; "unnamed adapter" where it gives none. */
  readonly name: string;
  /** Its maker as WebGPU tells it: a word, a number as text, or nothing. */
  readonly vendor: string;
  /** Its family of GPUs, such as "hopper"; empty where WebGPU does not tell. */
  readonly architecture: string;
  /** True where the "GPU" is a program on the CPU. */
  readonly software: boolean;
}

const NO_ADAPTER =
  "No WebGPU adapter was found, so nothing can be computed. On Debian or Ubuntu a software " +
  "adapter comes with `apt-get install mesa-vulkan-drivers`; for a real GPU on Linux install its Vulkan driver, " +
  "on macOS and Windows update the system's graphics driver";

/** Software adapters that read buffers faster than textures: Chromium's, by a third in a network's forward pass. */
const FAST_BUFFERS = /swiftshader/i;

/** Why a promise of WebGPU was rejected is told apart from the rejection, within this many milliseconds. */
const REASON_MS = 100;

/** What is caught while something is guarded; the scopes are popped in the opposite order. */
const SCOPES = ["validation", "internal", "out-of-memory"] as const;

const MEMORY_REMEDY =
  "Free GPU memory that other programs hold, or ask for less: a smaller batch, smaller images";

const NO_DEVICE_REMEDY = "Another program may hold the GPU or its memory; close it, or update the driver.";

/** An open GPU. Close it with {@link Device.destroy}. */
export class Device {
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  #failure: EngineError | undefined;
  /** What takes back the guarded work under way, latest last; undefined while there is none. */
  #undo: (() => void)[] | undefined;
  #destroyed = false;
  #target: Target;

  private constructor(
    /** The WebGPU device itself. */
    readonly gpu: GPUDevice,
    /** The adapter that it was opened on. */
    readonly adapter: AdapterDescription,
    /** Where tensors live on this device. */
    readonly storage: "buffer" | "texture",
    /** Whether GPU timestamps were asked for and granted. */
    readonly timestamps: boolean,
    kernels: AdapterClass,
  ) {
    this.#target = targetOf(kernels, new Map(), globalThis.navigator?.hardwareConcurrency);
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
    const webgpu = options.gpu ?? globalThis.navigator?.gpu;
    const adapter = await webgpu?.requestAdapter({ powerPreference: "high-performance" })
      .catch((error: Error) => {
        throw new GpuError(`No adapter could be asked for: ${error.message}. ${NO_DEVICE_REMEDY}`);
      });
    if (!adapter) throw new NoAdapterError(NO_ADAPTER, { remedies: [{ kind: "inspect-adapters" }] });
    const description = describe(adapter);
    const storage = options.storage === undefined || options.storage === "auto"
      ? (description.software && !FAST_BUFFERS.test(description.name) ? "texture" : "buffer")
      : options.storage;
    const kernels = options.kernels === undefined || options.kernels === "auto"
      ? (description.software ? "software" : "gpu")
      : options.kernels;
    const timestamps = options.timestamps === true && adapter.features.has("timestamp-query");
    const gpu = await adapter.requestDevice({
      requiredLimits: options.limits === "default" ? {} : offeredLimits(adapter.limits),
      requiredFeatures: timestamps ? ["timestamp-query"] : [],
    }).catch((error: Error) => {
      throw new GpuError(`${description.name} could not be opened: ${error.message}. ${NO_DEVICE_REMEDY}`);
    });
    return new Device(gpu, description, storage, timestamps, kernels);
  }

  /** What kernels know of the adapter: its class, and the variants chosen for it. */
  get target(): Target {
    return this.#target;
  }

  /** Has programs that are recorded from now on use these variants; everything else runs as its class's default. */
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
   * Turns what a call of WebGPU threw, or its promise was rejected with, into the error that explains it.
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
   * Runs `work`, which calls WebGPU, and turns what a call throws at once into an exception that begins with `what`.
   *
   * @throws {GpuError} when a call throws; what else `work` throws goes through.
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
   * Waits until all work is done that was submitted before.
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
        // The device was lost meanwhile, and the buffer with it: whatever is asked for next will say so.
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
   * Runs `work` and turns what WebGPU reports about it into an exception that begins with `what`. Where anything fails,
   * what was given to {@link Device.onRefusal} meanwhile takes it back.
   *
   * @throws {OutOfMemoryError} when the GPU has no memory for it.
   * @throws {GpuError} when WebGPU refuses it; what else `work` throws goes through.
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
      // What was made meanwhile may be invalid, and invalid pipelines drop their work without a word.
      this.#pipelines.clear();
      this.#modules.clear();
      this.#layouts.clear();
      throw error;
    }
  }

  /**
   * Has `undo` called if the guarded work that is under way fails: for what outlives that work, and must not be left
   * half made. Nothing happens outside of {@link Device.guard}.
   */
  onRefusal(undo: () => void): void {
    this.#undo?.push(undo);
  }

  /** The pipeline of a dispatch whose bindings are stored as given; made once per text and constants. */
  pipeline(dispatch: Dispatch, storages: readonly Storage[]): GPUComputePipeline {
    const code = shaderText(dispatch, storages);
    const key = code + JSON.stringify(dispatch.constants);
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      let module = this.#modules.get(code);
      if (!module) {
        module = this.gpu.createShaderModule({ label: dispatch.kernel, code });
        this.#modules.set(code, module);
      }
      pipeline = this.gpu.createComputePipeline({
        label: `${dispatch.kernel} ${JSON.stringify(dispatch.constants)}`,
        layout: this.gpu.createPipelineLayout({
          bindGroupLayouts: [this.bindGroupLayout(dispatch, storages)],
        }),
        compute: { module, constants: { ...dispatch.constants } },
      });
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  /** The bind group layout of a dispatch whose bindings are stored as given. */
  bindGroupLayout(dispatch: Dispatch, storages: readonly Storage[]): GPUBindGroupLayout {
    const key = dispatch.bindings.map((b, i) => `${b.access} ${storages[i]}`).join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = this.gpu.createBindGroupLayout({
        label: dispatch.kernel,
        entries: dispatch.bindings.map((binding, i) =>
          layoutEntry(i, binding.access === "read", itemAt(storages, i))
        ),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

/** An error that WebGPU reports, as an exception. */
function gpuError(what: string, error: GPUError): GpuError {
  return error instanceof GPUOutOfMemoryError
    ? new OutOfMemoryError(`${what}: the GPU has no memory left (${error.message}). ${MEMORY_REMEDY}`)
    : new GpuError(`${what}: ${error.message}`);
}

function layoutEntry(binding: number, readOnly: boolean, storage: Storage): GPUBindGroupLayoutEntry {
  const visibility = GPUShaderStage.COMPUTE;
  switch (storage) {
    case "texture":
    case "half-texture":
      return {
        binding,
        visibility,
        storageTexture: {
          access: readOnly ? "read-only" : "write-only",
          format: textureFormat(precisionOf(storage)),
        },
      };
    case "uniform":
      return { binding, visibility, buffer: { type: "uniform" } };
    case "buffer":
    case "half-buffer":
      return { binding, visibility, buffer: { type: readOnly ? "read-only-storage" : "storage" } };
    default:
      return storage satisfies never;
  }
}

function describe(adapter: GPUAdapter): AdapterDescription {
  const info = adapter.info;
  // Browsers tell less: a maker and a family of GPUs.
  const family = [info.vendor, info.architecture].filter(Boolean).join(" ");
  const name = info.description || info.device || family || "unnamed adapter";
  const software = info.isFallbackAdapter === true ||
    /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(name);
  return { name, vendor: info.vendor, architecture: info.architecture, software };
}

/** All of an adapter's limits as a request. */
function offeredLimits(limits: GPUSupportedLimits): Record<string, number> {
  const wanted: Record<string, number> = {};
  for (const name in limits) {
    const value = (limits as unknown as Record<string, unknown>)[name];
    if (typeof value === "number") wanted[name] = value;
  }
  return wanted;
}
