/**
 * A function of tensors of fixed shapes: recorded once, planned once, and replayed any number of times. A replay only
 * uploads the inputs, encodes and submits: no allocation, no bind group, no shape arithmetic.
 */
import { TEXTURE_WIDTH, unpadRows, VEC4_BYTES } from "../kernels/mod.ts";
import { DESTROYED } from "./checks.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import {
  checkOutputs,
  fetchedValues,
  type HostInputs,
  type HostOutputs,
  hostValues,
  type ProgramArguments,
  type ProgramInputs,
  type ProgramOutputs,
} from "./inputs.ts";
import type { ParameterSet } from "./parameter.ts";
import type { Pipelines } from "./pipelines.ts";
import { compileKernels } from "./plan/compile.ts";
import { Memory } from "./plan/memory.ts";
import { inStages } from "./plan/order.ts";
import type { MemoryUse } from "./plan/owned_memory.ts";
import {
  copyToMirror,
  gradientClears,
  launchStages,
  neededSteps,
  type OpenRun,
  type Stage,
} from "./plan/schedule.ts";
import { submitAllButLast, Submits } from "./plan/submits.ts";
import { texelRows } from "./plan/texel_rows.ts";
import { Readbacks } from "./readbacks.ts";
import { type Recorded, Recorder, type RecordOptions, recordWith } from "./recorder.ts";
import { Tensor, Uint32Tensor } from "./tensor.ts";
import { setOf, Value } from "./value.ts";

/** An output, and the range of a run's readback that holds it. */
interface PlannedOutput {
  readonly name: string;
  readonly value: Value;
  readonly offset: number;
  readonly bytes: number;
}

/** Everything that a run needs, made once. */
interface Plan {
  readonly device: Device;
  readonly memory: Memory;
  readonly inputs: ReadonlyMap<string, Value>;
  /** Inputs of {@linkcode perRun}. */
  readonly fetched: readonly Value[];
  readonly outputs: readonly PlannedOutput[];
  readonly stages: readonly Stage[];
  readonly submits: Submits;
  /** Whose memory a run uses. */
  readonly sets: ReadonlySet<ParameterSet>;
  /** Gradients that an optimizer reads and no dispatch writes. */
  readonly clears: readonly { buffer: GPUBuffer; offset: number; size: number }[];
  /** Undefined for a function without outputs. */
  readonly readbacks: Readbacks | undefined;
}

/** A recorded and planned function of tensors of fixed shapes. */
export class Replay<I extends ProgramInputs, O extends ProgramOutputs> {
  /** Undefined once it is destroyed: pipelines live as long as they are referred to. */
  #plan: Plan | undefined;
  /** The dispatches of one run, in order. */
  readonly dispatches: readonly Recorded[];
  /** Bytes of its GPU memory by purpose. */
  readonly memory: Readonly<MemoryUse>;
  /** Bytes that a run copies from the buffers that kernels write into the textures that others read. */
  readonly stagedBytes: number;

  private constructor(plan: Plan) {
    this.#plan = plan;
    this.dispatches = plan.stages.flatMap((stage) => stage.launches).map((launch) => launch.recorded);
    this.memory = plan.memory.use;
    this.stagedBytes = plan.memory.copies.reduce(
      (bytes, { rows, bytesPerRow }) => bytes + rows * bytesPerRow,
      0,
    );
  }

  /** Records `body`, plans it, and makes its memory, pipelines and bind groups; throws as {@link Program.record} does. */
  static async record<I extends ProgramInputs, O extends ProgramOutputs>(
    device: Device,
    inputs: I,
    body: (inputs: ProgramArguments<I>) => O,
    options: RecordOptions,
    pipelines: Pipelines,
  ): Promise<Replay<I, O>> {
    device.check();
    const values = new Map<string, Value>();
    const named: Record<string, Tensor | Uint32Tensor> = {};
    for (const [name, spec] of Object.entries(inputs)) {
      const value = new Value(spec.shape, spec.type, { kind: "input", name });
      if (spec.uniform) value.pinned = "uniform";
      values.set(name, value);
      named[name] = spec.type === "u32"
        ? new Uint32Tensor(spec.shape, value)
        : new Tensor(spec.shape, value, spec.differentiable);
    }
    const recorder = new Recorder(device, values.values(), options);
    const returned = recordWith(recorder, () => {
      const outputs = checkOutputs(body(named as ProgramArguments<I>));
      return Object.entries(outputs).map(([name, output]) => [name, output.value] as const);
    });
    for (const [, value] of returned) setOf(value)?.check(device);
    for (const [, value] of returned) value.stored = "f32";
    for (const [, value] of returned) if (value.origin.kind !== "parameter") recorder.requireReadable(value);
    const steps = neededSteps(recorder.dispatches, returned.map(([, value]) => value));
    const memory = new Memory(device, steps);
    try {
      const plan = await device.guard("Cannot prepare the program", (): Plan => {
        const ordered = inStages(steps, (value) => memory.staged(value));
        memory.allocate(ordered, returned.map(([, value]) => value));
        let offset = 0;
        const outputs = returned.map(([name, value]) => {
          const output = { name, value, offset, bytes: value.bytes };
          offset += Math.ceil(value.bytes / 256) * 256;
          return output;
        });
        const stages = launchStages(device, memory, ordered, pipelines);
        return {
          device,
          memory,
          inputs: values,
          fetched: recorder.fetched,
          outputs,
          stages,
          submits: new Submits(device, stages),
          sets: setsOf([...steps.flatMap((step) => step.values), ...returned.map(([, value]) => value)]),
          clears: gradientClears(steps),
          readbacks: outputs.length > 0
            ? new Readbacks(device, offset, options.together ?? 1, (bytes) => memory.readback(bytes))
            : undefined,
        };
      });
      const replay = new Replay<I, O>(plan);
      await compileKernels(device, plan.stages, () => replay.#check());
      return replay;
    } catch (error) {
      memory.destroy();
      throw error;
    }
  }

  /** Uploads the inputs and submits one run; see {@link Program.submit}. */
  async submit(inputs: HostInputs<I>, more: boolean): Promise<{ outputs: Promise<HostOutputs<O>> }> {
    const { device, outputs, readbacks, submits } = this.#prepared;
    while (readbacks?.busy) await readbacks.busy; // Others may have waited for the same slot, and been first.
    device.attempt("Cannot run the program", () => {
      const start = performance.now();
      const encoder = submitAllButLast(device, this.begin(inputs).encoder, submits.parts);
      if (readbacks) {
        const { buffer, offset: start } = readbacks.nextSlot;
        for (const { value, offset } of outputs) this.#copyOut(encoder, value, buffer, start + offset);
      }
      device.gpu.queue.submit([encoder.finish()]);
      submits.time(device, start);
    });
    if (!readbacks) return { outputs: Promise.resolve({} as HostOutputs<O>) };
    return { outputs: readbacks.submitted((bytes, start) => readOutputs<O>(outputs, bytes, start), more) };
  }

  /** Uploads the inputs and encodes what comes before the first dispatch; see {@link Program.begin}. */
  begin(inputs: HostInputs<I>): OpenRun {
    const { device, memory, stages, clears, inputs: values, fetched } = this.#check();
    const given = hostValues(values, inputs);
    for (const [value, data] of [...given, ...fetchedValues(fetched)]) memory.write(value, data);
    const encoder = device.gpu.createCommandEncoder();
    for (const value of memory.mirrored) copyToMirror(encoder, value);
    for (const { buffer, offset, size } of clears) encoder.clearBuffer(buffer, offset, size);
    return { device, memory, stages, encoder, check: () => void this.#check() };
  }

  /** Frees the memory; outputs that are still awaited are rejected. */
  destroy(): void {
    this.#plan?.readbacks?.send();
    this.#plan?.memory.destroy();
    this.#plan = undefined;
  }

  /** Frees the memory when the outputs under way have come back. */
  async retire(): Promise<void> {
    await this.#plan?.readbacks?.flush();
    this.destroy();
  }

  /** Submits runs that wait for others, as none of this size follows soon. */
  flush(): void {
    this.#plan?.readbacks?.send();
  }

  #check(): Plan {
    const { device, sets } = this.#prepared;
    device.check();
    for (const set of sets) set.check(device);
    return this.#prepared;
  }

  get #prepared(): Plan {
    if (!this.#plan) throw new EngineError(DESTROYED);
    return this.#plan;
  }

  #copyOut(encoder: GPUCommandEncoder, value: Value, buffer: GPUBuffer, start: number): void {
    const location = this.#prepared.memory.finalLocation(value);
    if ("buffer" in location) {
      encoder.copyBufferToBuffer(location.buffer, location.offset, buffer, start, value.bytes);
      return;
    }
    for (const { origin, size, offset } of texelRows(value.vec4s)) {
      encoder.copyTextureToBuffer(
        { texture: location.texture, origin },
        { buffer, offset: start + offset, bytesPerRow: TEXTURE_WIDTH * VEC4_BYTES },
        size,
      );
    }
  }
}

/** A run's outputs, whose bytes begin at `start`. */
function readOutputs<O extends ProgramOutputs>(
  outputs: readonly PlannedOutput[],
  bytes: ArrayBuffer,
  start: number,
): HostOutputs<O> {
  const results: Record<string, Float32Array | Uint32Array> = {};
  for (const { name, value, offset, bytes: length } of outputs) {
    results[name] = value.type === "u32"
      ? new Uint32Array(bytes, start + offset, length / 4).slice()
      : unpadRows(new Float32Array(bytes, start + offset, length / 4), value.shape);
  }
  return results as HostOutputs<O>;
}

function setsOf(values: readonly Value[]): Set<ParameterSet> {
  return new Set(values.flatMap((value) => setOf(value) ?? []));
}
