/**
 * A program: a function of tensors recorded once, planned once, and replayed any number of times. A replay only
 * uploads the inputs, encodes and submits: no allocation, no bind group, no shape arithmetic.
 */
import { padRows, TEXTURE_WIDTH, unpadRows, VEC4_BYTES, vec4s } from "../kernels/mod.ts";
import type { Device } from "./device.ts";
import { EngineError, ShapeError } from "./errors.ts";
import { Memory, type MemoryUse, type StagedCopy } from "./memory.ts";
import { texelRows } from "./parameter.ts";
import { liveSteps } from "./plan.ts";
import { type Recorded, Recorder, recordWith } from "./recorder.ts";
import { Tensor, Words } from "./tensor.ts";
import { Value } from "./value.ts";

/** Shape and type of a program's input. Make one with {@link f32}, {@link u32} or {@link scalars}. */
export interface InputSpec<T extends Tensor | Words = Tensor | Words> {
  /** Size of each axis. */
  readonly shape: readonly number[];
  /** Element type: f32 becomes a {@link Tensor}, u32 {@link Words}. */
  readonly type: "f32" | "u32";
  /** Whether it is kept as a uniform, which every thread reads at the price of one. */
  readonly uniform: boolean;
  /** Gradients flow to the input; for tests and saliency. */
  readonly differentiable: boolean;
  /** Only there for the type checker. */
  readonly tensor?: T;
}

/** A tensor that the host gives anew for every run. */
export function f32(shape: readonly number[], options: { differentiable?: boolean } = {}): InputSpec<Tensor> {
  return { shape, type: "f32", uniform: false, differentiable: options.differentiable ?? false };
}

/** Unsigned integers that the host gives anew for every run: labels, indices, packed pixels. */
export function u32(shape: readonly number[]): InputSpec<Words> {
  return { shape, type: "u32", uniform: false, differentiable: false };
}

/** Up to 16 numbers that change from run to run and that every thread reads, such as a learning rate. */
export function scalars(count: number): InputSpec<Tensor> {
  if (count < 1 || count > 16) throw new RangeError(`scalars() takes 1 to 16 numbers; got ${count}`);
  return { shape: [count], type: "f32", uniform: true, differentiable: false };
}

/** A program's inputs by name. */
export type ProgramInputs = Record<string, InputSpec>;

/** What a program's body returns: its outputs by name. */
export type ProgramOutputs = Record<string, Tensor | Words>;

/** What a program's body is called with: a tensor, or words, for every input. */
export type ProgramArguments<I extends ProgramInputs> = {
  [K in keyof I]: I[K] extends InputSpec<infer T> ? T : never;
};

/** Host data for a run: row-major, one number per element. */
export type HostInputs<I extends ProgramInputs> = { [K in keyof I]: ArrayLike<number> };

/** Results of a run, row-major. */
export type HostOutputs<O extends ProgramOutputs> = {
  [K in keyof O]: O[K] extends Tensor ? Float32Array<ArrayBuffer> : Uint32Array<ArrayBuffer>;
};

/** Runs that may be under way at once: each needs its own way back for the outputs. */
const IN_FLIGHT = 3;

interface Readback {
  readonly buffer: GPUBuffer;
  busy: Promise<unknown> | undefined;
}

/** Copies, then dispatches that run in one pass. */
interface Stage {
  readonly copies: readonly StagedCopy[];
  readonly launches: Launch[];
}

/** One encoded dispatch. */
interface Launch {
  readonly recorded: Recorded;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** A recorded and planned function of tensors. Make one with {@link Program.record}. */
export class Program<I extends ProgramInputs, O extends ProgramOutputs> {
  readonly #device: Device;
  readonly #memory: Memory;
  readonly #inputs: ReadonlyMap<string, Value>;
  readonly #outputs: readonly { name: string; value: Value; offset: number; bytes: number }[];
  readonly #stages: readonly Stage[];
  readonly #clears: readonly { buffer: GPUBuffer; offset: number; size: number }[];
  readonly #readbacks: Readback[] = [];
  #runs = 0;

  private constructor(
    device: Device,
    memory: Memory,
    inputs: ReadonlyMap<string, Value>,
    outputs: readonly { name: string; value: Value; offset: number; bytes: number }[],
    stages: readonly Stage[],
    clears: readonly { buffer: GPUBuffer; offset: number; size: number }[],
  ) {
    this.#device = device;
    this.#memory = memory;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#stages = stages;
    this.#clears = clears;
  }

  /**
   * Records `body` on tensors of the inputs' shapes, plans it, and makes its memory, pipelines and bind groups.
   *
   * @param body called once; the tensors that it returns are the outputs.
   * @throws {ShapeError} from ops whose operands do not fit.
   * @throws {LimitError} when the plan does not fit the adapter; nothing has been allocated then.
   * @throws {GpuError} when WebGPU refuses a shader or the memory.
   */
  static async record<I extends ProgramInputs, O extends ProgramOutputs>(
    device: Device,
    inputs: I,
    body: (inputs: ProgramArguments<I>) => O,
  ): Promise<Program<I, O>> {
    device.check();
    const recorder = new Recorder(device);
    const values = new Map<string, Value>();
    const named: Record<string, Tensor | Words> = {};
    for (const [name, spec] of Object.entries(inputs)) {
      const value = new Value(spec.shape, spec.type, { kind: "input", name });
      if (spec.uniform) value.pinned = "uniform";
      values.set(name, value);
      named[name] = spec.type === "u32"
        ? new Words(spec.shape, value)
        : new Tensor(spec.shape, value, spec.differentiable);
    }
    const returned = recordWith(recorder, () => {
      const outputs = body(named as ProgramArguments<I>);
      return Object.entries(outputs).map(([name, output]) => [name, output.value] as const);
    });
    const steps = neededSteps(recorder.dispatches, returned.map(([, value]) => value));
    const memory = new Memory(device);
    try {
      return await device.guard("Cannot prepare the program", () => {
        memory.allocate(steps, returned.map(([, value]) => value));
        const launches = steps.map((step) => launch(device, memory, step));
        let offset = 0;
        const outputs = returned.map(([name, value]) => {
          const place = { name, value, offset, bytes: value.bytes };
          offset += Math.ceil(value.bytes / 256) * 256;
          return place;
        });
        const program = new Program<I, O>(
          device,
          memory,
          values,
          outputs,
          stages(launches, memory.copies),
          gradientClears(steps),
        );
        for (let i = 0; i < IN_FLIGHT && outputs.length > 0; i++) {
          program.#readbacks.push({ buffer: memory.readback(offset), busy: undefined });
        }
        return program;
      });
    } catch (error) {
      memory.destroy();
      throw error;
    }
  }

  /** GPU memory of the program itself, in bytes; parameters and optimiser state belong to their set. */
  get memory(): Readonly<MemoryUse> {
    return this.#memory.use;
  }

  /** The dispatches of one run, in order. */
  get dispatches(): readonly Recorded[] {
    return this.#stages.flatMap((stage) => stage.launches).map((launch) => launch.recorded);
  }

  /**
   * Uploads the inputs and submits one run. Resolves as soon as the run is submitted; waits only while too many
   * earlier runs have not come back yet.
   *
   * @returns the outputs, still under way.
   * @throws {ShapeError} when an input is missing or has the wrong number of elements.
   * @throws {DeviceLostError} when the device is gone.
   */
  async submit(inputs: HostInputs<I>): Promise<{ outputs: Promise<HostOutputs<O>> }> {
    const readback = this.#readbacks[this.#runs++ % Math.max(1, this.#readbacks.length)];
    if (readback?.busy) await readback.busy;
    this.#device.check();
    for (const [name, value] of this.#inputs) this.#memory.write(value, hostData(name, value, inputs[name]));
    const encoder = this.#device.gpu.createCommandEncoder();
    this.#prepare(encoder);
    for (const stage of this.#stages) {
      copyStaged(encoder, stage.copies);
      const pass = encoder.beginComputePass();
      for (const launch of stage.launches) dispatch(pass, launch);
      pass.end();
    }
    if (!readback) {
      this.#device.gpu.queue.submit([encoder.finish()]);
      return { outputs: Promise.resolve({} as HostOutputs<O>) };
    }
    for (const { value, offset } of this.#outputs) this.#copyOut(encoder, value, readback.buffer, offset);
    this.#device.gpu.queue.submit([encoder.finish()]);
    const outputs = this.#read(readback);
    readback.busy = outputs.then(() => undefined, () => undefined);
    return { outputs };
  }

  /** Submits one run and waits for its outputs. */
  async run(inputs: HostInputs<I>): Promise<HostOutputs<O>> {
    return await (await this.submit(inputs)).outputs;
  }

  /**
   * Runs once with every dispatch in a pass of its own between two GPU timestamps.
   *
   * @returns milliseconds per dispatch, in the order of {@link dispatches}.
   * @throws {EngineError} when the device was opened without timestamps.
   */
  async profile(inputs: HostInputs<I>): Promise<number[]> {
    if (!this.#device.timestamps) throw new EngineError("Profiling needs Device.open({ timestamps: true })");
    const { gpu } = this.#device;
    for (const [name, value] of this.#inputs) this.#memory.write(value, hostData(name, value, inputs[name]));
    const count = this.dispatches.length;
    const querySet = gpu.createQuerySet({ type: "timestamp", count: 2 * count });
    const resolved = gpu.createBuffer({
      size: 16 * count,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    const staging = gpu.createBuffer({
      size: 16 * count,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    const encoder = gpu.createCommandEncoder();
    this.#prepare(encoder);
    let query = 0;
    for (const stage of this.#stages) {
      copyStaged(encoder, stage.copies);
      for (const launch of stage.launches) {
        const timestampWrites = {
          querySet,
          beginningOfPassWriteIndex: query,
          endOfPassWriteIndex: query + 1,
        };
        const pass = encoder.beginComputePass({ timestampWrites });
        dispatch(pass, launch);
        pass.end();
        query += 2;
      }
    }
    encoder.resolveQuerySet(querySet, 0, 2 * count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16 * count);
    gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const times = new BigUint64Array(staging.getMappedRange());
    const milliseconds = Array.from(
      { length: count },
      (_, i) => Number(times[2 * i + 1] - times[2 * i]) / 1e6,
    );
    staging.unmap();
    for (const resource of [querySet, resolved, staging]) resource.destroy();
    return milliseconds;
  }

  /** Frees the program's memory. */
  destroy(): void {
    this.#memory.destroy();
  }

  /** What must happen before the first dispatch: fresh mirrors of the weights, cleared gradients. */
  #prepare(encoder: GPUCommandEncoder): void {
    for (const value of this.#memory.mirrored) copyToMirror(encoder, value);
    for (const { buffer, offset, size } of this.#clears) encoder.clearBuffer(buffer, offset, size);
  }

  #copyOut(encoder: GPUCommandEncoder, value: Value, buffer: GPUBuffer, start: number): void {
    const place = this.#memory.home(value);
    if (place.storage !== "texture") {
      encoder.copyBufferToBuffer(place.buffer, place.offset, buffer, start, value.bytes);
      return;
    }
    for (const { origin, size, offset } of texelRows(value.vec4s)) {
      encoder.copyTextureToBuffer(
        { texture: place.texture, origin },
        { buffer, offset: start + offset, bytesPerRow: TEXTURE_WIDTH * VEC4_BYTES },
        size,
      );
    }
  }

  async #read(readback: Readback): Promise<HostOutputs<O>> {
    try {
      await readback.buffer.mapAsync(GPUMapMode.READ);
    } catch (error) {
      this.#device.check();
      throw error;
    }
    this.#device.check(); // A refused submit leaves the buffer as it was.
    const range = readback.buffer.getMappedRange();
    const results: Record<string, Float32Array | Uint32Array> = {};
    for (const { name, value, offset, bytes } of this.#outputs) {
      results[name] = value.type === "u32"
        ? new Uint32Array(range, offset, bytes / 4).slice()
        : unpadRows(new Float32Array(range, offset, bytes / 4), value.shape);
    }
    readback.buffer.unmap();
    return results as HostOutputs<O>;
  }
}

function dispatch(pass: GPUComputePassEncoder, { pipeline, bindGroup, recorded }: Launch): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...recorded.dispatch.workgroups);
}

/** Puts copies in front of the dispatches that need them, as few stages as that allows. */
function stages(launches: readonly Launch[], copies: readonly StagedCopy[]): Stage[] {
  const stages: Stage[] = [{ copies: [], launches: [] }];
  const due = [...copies];
  launches.forEach((launch, step) => {
    const now = due.splice(0, due.findIndex((copy) => copy.before > step) >>> 0);
    if (now.length > 0) stages.push({ copies: now, launches: [] });
    stages[stages.length - 1].launches.push(launch);
  });
  if (due.length > 0) stages.push({ copies: due, launches: [] });
  return stages;
}

function copyStaged(encoder: GPUCommandEncoder, copies: readonly StagedCopy[]): void {
  for (const { from, to, rows } of copies) {
    encoder.copyBufferToTexture(
      { buffer: from, bytesPerRow: TEXTURE_WIDTH * VEC4_BYTES },
      { texture: to },
      [TEXTURE_WIDTH, rows],
    );
  }
}

function neededSteps(dispatches: readonly Recorded[], outputs: readonly Value[]): Recorded[] {
  const numbers = new Map<Value, number>();
  const number = (value: Value) => {
    if (!numbers.has(value)) numbers.set(value, numbers.size);
    return numbers.get(value)!;
  };
  const steps = dispatches.map(({ dispatch, values }) => {
    const use = (access: string) =>
      values.filter((_, i) => dispatch.bindings[i].access === access).map(number);
    const effect = values.some((value, i) =>
      dispatch.bindings[i].access !== "read" &&
      (value.origin.kind !== "temporary" || value.placement !== undefined)
    );
    return { reads: [...use("read"), ...use("update")], writes: [...use("write"), ...use("update")], effect };
  });
  return liveSteps(steps, outputs.map(number)).map((i) => dispatches[i]);
}

function launch(device: Device, memory: Memory, recorded: Recorded): Launch {
  const { dispatch, values } = recorded;
  const limit = device.gpu.limits.maxComputeWorkgroupsPerDimension;
  if (dispatch.workgroups.some((count) => count > limit)) {
    throw new EngineError(
      `${dispatch.kernel}: ${dispatch.workgroups} workgroups are more than ${limit} a dimension`,
    );
  }
  const places = values.map((value, i) => memory.place(value, dispatch.bindings[i].access));
  const storages = places.map((place) => place.storage);
  const bindGroup = device.gpu.createBindGroup({
    label: dispatch.kernel,
    layout: device.bindGroupLayout(dispatch, storages),
    entries: places.map((place, binding) => ({
      binding,
      resource: place.storage === "texture"
        ? place.view
        : { buffer: place.buffer, offset: place.offset, size: place.size },
    })),
  });
  return { recorded, pipeline: device.pipeline(dispatch, storages), bindGroup };
}

/** Where an optimiser reads a set's gradients, those that this program does not write must be zero. */
function gradientClears(steps: readonly Recorded[]): { buffer: GPUBuffer; offset: number; size: number }[] {
  const clears: { buffer: GPUBuffer; offset: number; size: number }[] = [];
  const written = new Set(steps.flatMap((step) => step.values).map((value) => value.placement?.parameter));
  for (const { origin } of new Set(steps.flatMap((step) => step.values))) {
    if (origin.kind !== "flat" || origin.buffer !== "gradients") continue;
    const { buffer } = origin.set.trainableBuffer("gradients");
    for (const parameter of origin.set.parameters) {
      if (!parameter.trainable || written.has(parameter)) continue;
      clears.push({ buffer, offset: parameter.offset, size: parameter.bytes });
    }
  }
  return clears;
}

function copyToMirror(encoder: GPUCommandEncoder, value: Value): void {
  if (value.origin.kind !== "parameter") return;
  const { parameter } = value.origin;
  const home = parameter.set.home(parameter);
  for (const { origin, size, offset } of texelRows(vec4s(parameter.shape))) {
    encoder.copyBufferToTexture(
      { buffer: home.buffer, offset: home.offset + offset, bytesPerRow: TEXTURE_WIDTH * VEC4_BYTES },
      { texture: parameter.set.mirror(parameter), origin },
      size,
    );
  }
}

function hostData(
  name: string,
  value: Value,
  data: ArrayLike<number> | undefined,
): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const count = value.shape.reduce((a, b) => a * b, 1);
  if (!data || data.length !== count) {
    throw new ShapeError(
      `Input ${name} [${value.shape}] needs ${count} numbers; got ${data?.length ?? "nothing"}`,
    );
  }
  if (value.type === "f32") return padRows(data, value.shape);
  return data instanceof Uint32Array && data.buffer instanceof ArrayBuffer
    ? data as Uint32Array<ArrayBuffer>
    : Uint32Array.from(data);
}
