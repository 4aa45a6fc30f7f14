/**
 * A program: a function of tensors recorded once, planned once, and replayed any number of times. A replay only
 * uploads the inputs, encodes and submits: no allocation, no bind group, no shape arithmetic.
 */
import { TEXTURE_WIDTH, unpadRows, VEC4_BYTES } from "../kernels/mod.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import {
  checkInputs,
  checkOutputs,
  type HostInputs,
  type HostOutputs,
  hostValues,
  type ProgramArguments,
  type ProgramInputs,
  type ProgramOutputs,
} from "./inputs.ts";
import { compileKernels } from "./plan/compile.ts";
import { Memory } from "./plan/memory.ts";
import type { MemoryUse } from "./plan/owned_memory.ts";
import { inStages } from "./plan/order.ts";
import { texelRows } from "./plan/texel_rows.ts";
import { Readbacks } from "./readbacks.ts";
import { type Recorded, Recorder, type RecordOptions, recordWith } from "./recorder.ts";
import {
  copyToMirror,
  gradientClears,
  launchStages,
  neededSteps,
  type OpenRun,
  type Stage,
} from "./plan/schedule.ts";
import { submitAllButLast, Submits } from "./plan/submits.ts";
import { Tensor, Uint32Tensor } from "./tensor.ts";
import type { ParameterSet } from "./parameter.ts";
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
  readonly outputs: readonly PlannedOutput[];
  readonly stages: readonly Stage[];
  readonly submits: Submits;
  /** Whose memory a run uses. */
  readonly sets: ReadonlySet<ParameterSet>;
  /** Gradients that an optimizer reads and no dispatch writes. */
  readonly clears: readonly { buffer: GPUBuffer; offset: number; size: number }[];
  /** Undefined for a program without outputs. */
  readonly readbacks: Readbacks | undefined;
}

/** A recorded and planned function of tensors. Make one with {@link Program.record}. */
export class Program<I extends ProgramInputs, O extends ProgramOutputs> {
  readonly #plan: Plan;
  #destroyed = false;

  private constructor(plan: Plan) {
    this.#plan = plan;
  }

  /**
   * Records `body` on tensors of the inputs' shapes, plans it, and makes its memory, pipelines and bind groups.
   *
   * @param body called once; the tensors that it returns are the outputs.
   * @example Twice the sum of two arrays
   * ```ts
   * import { add, affine, Device, f32, Program } from "@reid/webgpu";
   * import assert from "node:assert/strict";
   *
   * const device = await Device.open();
   * const program = await Program.record(device, { a: f32([3]), b: f32([3]) }, ({ a, b }) => ({
   *   y: affine(add(a, b), 2, 0),
   * }));
   * const { y } = await program.run({ a: [1, 2, 3], b: [10, 20, 30] });
   * assert.deepEqual([...y], [22, 44, 66]);
   * program.destroy();
   * device.destroy();
   * ```
   *
   * @throws {ShapeError} from ops whose operands do not fit.
   * @throws {EngineError} when a tensor of another program is used, or a weight after its update.
   * @throws {LimitError} when the plan does not fit the adapter; nothing has been allocated then.
   * @throws {GpuError} when WebGPU refuses a shader or the memory.
   */
  static async record<I extends ProgramInputs, O extends ProgramOutputs>(
    device: Device,
    inputs: I,
    body: (inputs: ProgramArguments<I>) => O,
    options: RecordOptions = {},
  ): Promise<Program<I, O>> {
    device.check();
    checkInputs(inputs);
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
      const program = await device.guard("Cannot prepare the program", () => {
        const ordered = inStages(steps, (value) => memory.staged(value));
        memory.allocate(ordered, returned.map(([, value]) => value));
        let offset = 0;
        const outputs = returned.map(([name, value]) => {
          const output = { name, value, offset, bytes: value.bytes };
          offset += Math.ceil(value.bytes / 256) * 256;
          return output;
        });
        const stages = launchStages(device, memory, ordered);
        return new Program<I, O>({
          device,
          memory,
          inputs: values,
          outputs,
          stages,
          submits: new Submits(device, stages),
          clears: gradientClears(steps),
          sets: setsOf([...steps.flatMap((step) => step.values), ...returned.map(([, value]) => value)]),
          readbacks: outputs.length > 0
            ? new Readbacks(device, offset, options.together ?? 1, (bytes) => memory.readback(bytes))
            : undefined,
        });
      });
      await compileKernels(device, program.#plan.stages);
      return program;
    } catch (error) {
      memory.destroy();
      throw error;
    }
  }

  /** GPU memory of the program itself, in bytes; parameters and optimizer state belong to their set. */
  get memory(): Readonly<MemoryUse> {
    return this.#plan.memory.use;
  }

  /** Bytes that a run copies from the buffers that kernels write into the textures that others read; 0 in buffers. */
  get stagedBytes(): number {
    return this.#plan.memory.copies.reduce((bytes, { rows, bytesPerRow }) => bytes + rows * bytesPerRow, 0);
  }

  /** The dispatches of one run, in order. */
  get dispatches(): readonly Recorded[] {
    return this.#plan.stages.flatMap((stage) => stage.launches).map((launch) => launch.recorded);
  }

  /**
   * Uploads the inputs and submits one run. Resolves as soon as the run is submitted; waits only while too many
   * earlier runs have not come back yet.
   *
   * @param options.more whether another run follows at once. Their outputs then come back together, as many as the
   *   program was recorded for and about half a second later at most: the GPU need not wait while a run is prepared.
   * @returns the outputs, still under way; those of several runs arrive in the order of the runs.
   * @throws {ShapeError} when an input is missing or has the wrong number of elements.
   * @throws {DeviceLostError} when the device is gone.
   * @throws {GpuError} when WebGPU refused this run or an earlier one; the outputs, too, may be rejected so.
   * @throws {EngineError} when the program was destroyed.
   */
  async submit(
    inputs: HostInputs<I>,
    { more = false }: { more?: boolean } = {},
  ): Promise<{ outputs: Promise<HostOutputs<O>> }> {
    const { device, outputs, readbacks, submits } = this.#plan;
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
    return { outputs: readbacks.submitted((bytes, start) => this.#read(bytes, start), more) };
  }

  /** Submits one run and waits for its outputs. */
  async run(inputs: HostInputs<I>): Promise<HostOutputs<O>> {
    return await (await this.submit(inputs)).outputs;
  }

  /**
   * Uploads the inputs and encodes what comes before the first dispatch: mirrors of the weights, cleared gradients. For
   * {@link profile} and {@link firstNonFiniteDispatch}, which encode and submit the rest in their own way.
   *
   * @ignore
   */
  begin(inputs: HostInputs<I>): OpenRun {
    const { device, memory, stages, clears, sets } = this.#plan;
    device.check();
    for (const set of sets) set.check(device);
    if (this.#destroyed) throw new EngineError("The program was destroyed; record another one");
    for (const [value, data] of hostValues(this.#plan.inputs, inputs)) memory.write(value, data);
    const encoder = device.gpu.createCommandEncoder();
    for (const value of memory.mirrored) copyToMirror(encoder, value);
    for (const { buffer, offset, size } of clears) encoder.clearBuffer(buffer, offset, size);
    return { device, memory, stages, encoder };
  }

  /** Frees the program's memory; it cannot run any more. */
  destroy(): void {
    this.#destroyed = true;
    this.#plan.readbacks?.send(); // Rejects the outputs that are still awaited.
    this.#plan.memory.destroy();
  }

  #copyOut(encoder: GPUCommandEncoder, value: Value, buffer: GPUBuffer, start: number): void {
    const location = this.#plan.memory.finalLocation(value);
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

  /** A run's outputs, whose bytes begin at `start`. */
  #read(bytes: ArrayBuffer, start: number): HostOutputs<O> {
    const results: Record<string, Float32Array | Uint32Array> = {};
    for (const { name, value, offset, bytes: length } of this.#plan.outputs) {
      results[name] = value.type === "u32"
        ? new Uint32Array(bytes, start + offset, length / 4).slice()
        : unpadRows(new Float32Array(bytes, start + offset, length / 4), value.shape);
    }
    return results as HostOutputs<O>;
  }
}

function setsOf(values: readonly Value[]): Set<ParameterSet> {
  return new Set(values.flatMap((value) => setOf(value) ?? []));
}
