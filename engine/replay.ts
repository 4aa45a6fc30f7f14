/**
 * A function of tensors of fixed shapes: recorded once, planned once, and replayed any number of times. A replay only
 * uploads the inputs, encodes and submits: no allocation, no bind group, no shape arithmetic.
 */
import { DESTROYED } from "./checks.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import { itemAt } from "./item_at.ts";
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
import { cutSteps, Part, pieceOf, type Results } from "./plan/parts.ts";
import {
  copyToMirror,
  gradientClears,
  launchStages,
  neededSteps,
  type OpenRun,
  type Stage,
} from "./plan/schedule.ts";
import { type Recorded, Recorder, type RecordOptions, recordWith } from "./recorder.ts";
import { Tensor, Uint32Tensor } from "./tensor.ts";
import { setOf, Value } from "./value.ts";

/** Everything that a run needs, made once. */
interface Plan {
  readonly device: Device;
  readonly memory: Memory;
  /** Inputs of {@linkcode perRun}. */
  readonly fetched: readonly Value[];
  readonly stages: readonly Stage[];
  readonly parts: readonly Part[];
  /** Whose memory a run uses. */
  readonly sets: ReadonlySet<ParameterSet>;
  /** Gradients that an optimizer reads and no dispatch writes. */
  readonly clears: readonly { buffer: GPUBuffer; offset: number; size: number }[];
}

/** How many parts of a run are submitted. */
export interface Progress {
  done: number;
}

/** The host's data for some inputs. */
type Given = Readonly<Record<string, ArrayLike<number>>>;

/** A recorded and planned function of tensors of fixed shapes. */
export class Replay<I extends ProgramInputs, O extends ProgramOutputs> {
  /** Undefined once it is destroyed: pipelines live as long as they are referred to. */
  #plan: Plan | undefined;
  /** The latest run. */
  #latest: Progress | undefined;
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
    const late = new Set<Value>();
    for (const [name, spec] of Object.entries(inputs)) {
      const value = new Value(spec.shape, spec.type, { kind: "input", name });
      if (spec.uniform) value.pinned = "uniform";
      if (spec.late) late.add(value);
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
    const results = returned.map(([, value]) => value);
    for (const value of results) setOf(value)?.check(device);
    for (const value of results) value.stored = "f32";
    for (const value of results) if (value.origin.kind !== "parameter") recorder.requireReadable(value);
    const steps = neededSteps(recorder.dispatches, results);
    const memory = new Memory(device, steps);
    try {
      const plan = await device.guard("Cannot prepare the program", (): Plan => {
        const pieces = cutSteps(steps, late, options.gradientShares);
        const ordered = pieces.map((piece) => inStages(piece.steps, (value) => memory.staged(value)));
        memory.allocate(ordered.flat(), results);
        const stages = launchStages(device, memory, ordered.flat(), pipelines);
        let begun = 0;
        const parts = pieces.map(({ gradientsFrom }, i) => {
          const { length } = itemAt(ordered, i);
          return new Part(
            device,
            memory,
            new Map([...values].filter(([, value]) => i === (late.has(value) ? 1 : 0))),
            stages.slice(begun, begun += length),
            returned.filter(([, value]) => pieceOf(value, pieces, late) === i),
            options.together ?? 1,
            gradientsFrom,
          );
        });
        return {
          device,
          memory,
          fetched: recorder.fetched,
          stages,
          parts,
          sets: setsOf([...steps.flatMap((step) => step.values), ...results]),
          clears: gradientClears(steps),
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
    const first = await this.start(inputs, more);
    if (this.parts.length === 1) return { outputs: first.outputs as Promise<HostOutputs<O>> };
    const results = [first.outputs];
    while (first.run.done < this.parts.length) {
      results.push((await this.resume(first.run, inputs, more)).outputs);
    }
    const all = Promise.all(results).then((each) => Object.assign({}, ...each));
    return { outputs: all };
  }

  /** Uploads the inputs that a run begins with and submits its first part. */
  async start(inputs: Given, more = false): Promise<{ outputs: Promise<Results>; run: Progress }> {
    const first = itemAt(this.parts, 0);
    const run = { done: 1 };
    const { outputs } = await first.submit(() => {
      this.#latest = run;
      return this.#begin([first], inputs).encoder;
    }, more);
    return { outputs, run };
  }

  /** Uploads what the next part of the latest run takes, and submits it. */
  async resume(run: Progress, inputs: Given, more = false): Promise<{ outputs: Promise<Results> }> {
    const part = this.parts[run.done];
    if (!part) throw new EngineError("Nothing is left of this run: it cannot be resumed");
    return await part.submit(() => {
      const { device } = this.#check();
      if (this.#latest !== run) {
        throw new EngineError("This run cannot be resumed: the program has begun another one");
      }
      this.#write(hostValues(part.inputs, inputs));
      run.done++;
      return device.gpu.createCommandEncoder();
    }, more);
  }

  /** Uploads the inputs and encodes what comes before the first dispatch; see {@link Program.begin}. */
  begin(inputs: HostInputs<I>): OpenRun {
    return this.#begin(this.parts, inputs);
  }

  /** Frees the memory; outputs that are still awaited are rejected. */
  destroy(): void {
    this.flush();
    this.#plan?.memory.destroy();
    this.#plan = undefined;
  }

  /** Frees the memory when the outputs under way have come back. */
  async retire(): Promise<void> {
    for (const part of this.#plan?.parts ?? []) await part.flush();
    this.destroy();
  }

  /** Submits runs that wait for others, as none of this size follows soon. */
  flush(): void {
    for (const part of this.#plan?.parts ?? []) part.send();
  }

  #begin(parts: readonly Part[], inputs: Given): OpenRun {
    const { device, memory, stages, clears, fetched } = this.#check();
    const given = parts.flatMap((part) => hostValues(part.inputs, inputs));
    this.#write([...given, ...fetchedValues(fetched)]);
    const encoder = device.gpu.createCommandEncoder();
    for (const value of memory.mirrored) copyToMirror(encoder, value);
    for (const { buffer, offset, size } of clears) encoder.clearBuffer(buffer, offset, size);
    return { device, memory, stages, encoder, check: () => void this.#check() };
  }

  #write(values: ReturnType<typeof hostValues>): void {
    for (const [value, data] of values) this.#prepared.memory.write(value, data);
  }

  /** What its runs submit one after another. */
  get parts(): readonly Part[] {
    return this.#prepared.parts;
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
}

function setsOf(values: readonly Value[]): Set<ParameterSet> {
  return new Set(values.flatMap((value) => setOf(value) ?? []));
}
