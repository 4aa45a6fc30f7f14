/** A program: a function of tensors recorded for the shapes of its inputs, and replayed any number of times. */
import { BatchSizes, largestBatch, rowsOf, withRows } from "./batch_sizes.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import {
  checkInputs,
  checkNames,
  type FirstInputs,
  type HostInputs,
  type HostOutputs,
  type LateInputs,
  type ProgramArguments,
  type ProgramInputs,
  type ProgramOutputs,
} from "./inputs.ts";
import type { MemoryUse } from "./plan/owned_memory.ts";
import type { OpenRun } from "./plan/schedule.ts";
import type { Recorded, RecordOptions } from "./recorder.ts";
import { Replay } from "./replay.ts";

/** The batches of a program. */
interface Batches<I extends ProgramInputs, O extends ProgramOutputs> {
  /** The size that the program was recorded for. */
  readonly largest: number;
  /** What was recorded for other sizes. */
  readonly sizes: BatchSizes<Replay<I, O>>;
  /** Resolves when the latest run is submitted, or is refused. */
  submitted: Promise<unknown>;
  /** Resolves when the outputs of the latest run have come back, or failed to. */
  back: Promise<unknown>;
  /** What the latest run replayed. */
  latest: Replay<I, O>;
}

/** A run that may wait for late inputs; see {@link Program.start}. */
export interface StartedRun<I extends ProgramInputs, O extends ProgramOutputs> {
  /**
   * An output, when it has come back.
   *
   * @throws {EngineError} when it depends on late inputs and the run was not resumed.
   * @throws {DeviceLostError} when the device is gone.
   * @throws {GpuError} when WebGPU refused the run or an earlier one.
   */
  output<K extends keyof O & string>(name: K): Promise<HostOutputs<O>[K]>;
  /**
   * Uploads the late inputs and submits the rest of the run; where that comes in parts, its first one.
   *
   * @throws {EngineError} when the program has begun another run, or was destroyed.
   * @throws {ShapeError} when a late input is missing or has the wrong number of elements.
   */
  resume(inputs: LateInputs<I>): Promise<void>;
  /**
   * Submits the next part, where {@linkcode RecordOptions.gradientShares} asks for some.
   *
   * @returns false where nothing is left of the run.
   * @throws {EngineError} when the run waits for late inputs, or the program has begun another one.
   */
  proceed(): Promise<boolean>;
  /** Gradients in the memory of their set from this byte on are complete when what was submitted is done. */
  readonly gradientsFrom: number;
}

/** A recorded and planned function of tensors. Make one with {@link Program.record}. */
export class Program<I extends ProgramInputs, O extends ProgramOutputs> {
  readonly #inputs: I;
  readonly #main: Replay<I, O>;
  readonly #batches: Batches<I, O> | undefined;

  private constructor(inputs: I, main: Replay<I, O>, batches: Batches<I, O> | undefined) {
    this.#inputs = inputs;
    this.#main = main;
    this.#batches = batches;
  }

  /**
   * Records `body` on tensors of the inputs' shapes, plans it, and makes its memory, pipelines and bind groups.
   *
   * Inputs that are declared as batches, `f32([64, 784], { batch: true })`, take 1 to 64 rows in a run, all of them as many.
   * For every other number of rows `body` is called once more when a run first brings as many, so that what is computed
   * is what a program of that size computes; the four sizes that were used last are kept.
   *
   * @param body the tensors that it returns are the outputs; a parameter's memory, as reshape() and stopGradient() return it, is
   *   read when the run has updated it. It is called once, with batches for every size: it then takes sizes from its tensors,
   *   as `x.shape[0]`, and adds no parameters.
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
   * @throws {ShapeError} from ops whose operands do not fit, and for inputs whose shapes are none.
   * @throws {EngineError} when a tensor of another program is used, a weight after its update, or a parameter set that is
   *   destroyed or on another device; when an output is no tensor.
   * @throws {LimitError} when the plan does not fit the adapter; nothing has been allocated then.
   * @throws {GpuError} when WebGPU refuses a shader or the memory.
   */
  static async record<I extends ProgramInputs, O extends ProgramOutputs>(
    device: Device,
    inputs: I,
    body: (inputs: ProgramArguments<I>) => O,
    options: RecordOptions = {},
  ): Promise<Program<I, O>> {
    checkInputs(inputs);
    checkTogether(options.together);
    const largest = largestBatch(inputs);
    if (largest !== undefined && Object.values(inputs).some((input) => input.late)) {
      throw new EngineError("A program with late inputs has no batches of any size");
    }
    const main = await Replay.record(device, inputs, body, options, device.pipelines);
    if (largest === undefined) return new Program<I, O>(inputs, main, undefined);
    const sizes = new BatchSizes((rows) => {
      const again = (tensors: ProgramArguments<I>) => {
        try {
          return body(tensors);
        } catch (cause) {
          throw new EngineError(
            `The program, recorded for ${largest} rows, cannot be recorded for ${rows}: ${
              (cause as Error).message
            }. ` +
              "Its body takes sizes from its tensors, as x.shape[0], and adds no parameters",
            { cause },
          );
        }
      };
      return Replay.record(device, withRows(inputs, rows), again, options, device.pipelines.ofAllShapes);
    });
    const nothing = Promise.resolve();
    return new Program<I, O>(inputs, main, {
      largest,
      sizes,
      submitted: nothing,
      back: nothing,
      latest: main,
    });
  }

  /**
   * GPU memory of the program itself, in bytes; parameters and optimizer state belong to their set. Of a program of batches
   * only what the largest takes.
   */
  get memory(): Readonly<MemoryUse> {
    return this.#main.memory;
  }

  /** Bytes that a run copies from the buffers that kernels write into the textures that others read; 0 in buffers. */
  get stagedBytes(): number {
    return this.#main.stagedBytes;
  }

  /** The dispatches of one run, in order; with batches, of the largest. */
  get dispatches(): readonly Recorded[] {
    return this.#main.dispatches;
  }

  /**
   * Uploads the inputs and submits one run. Resolves as soon as the run is submitted; waits only while too many
   * earlier runs have not come back yet, and for the recording of a number of rows that comes for the first time.
   *
   * @param options.more whether another run follows at once. Their outputs then come back together, as many as the
   *   program was recorded for and about half a second later at most: the GPU need not wait while a run is prepared.
   * @returns the outputs, still under way; those of several runs arrive in the order of the runs.
   * @throws {ShapeError} when an input is missing or has the wrong number of elements, or batches have other numbers of rows.
   * @throws {RangeError} when a label or an index is no whole number, negative, or not below the number of classes.
   * @throws {DeviceLostError} when the device is gone.
   * @throws {GpuError} when WebGPU refused this run or an earlier one; the outputs, too, may be rejected so.
   * @throws {EngineError} when the program or a parameter set that it uses was destroyed, or a name is not an input's; when
   *   the body fails for this number of rows.
   */
  async submit(
    inputs: HostInputs<I>,
    { more = false }: { more?: boolean } = {},
  ): Promise<{ outputs: Promise<HostOutputs<O>> }> {
    checkNames(this.#inputs, inputs);
    const batches = this.#batches;
    if (!batches) return await this.#main.submit(inputs, more);
    // One after another, as sizes have to be recorded in between: their order is that of the calls.
    const submitted = batches.submitted.then(() => this.#submitBatch(batches, inputs, more));
    batches.submitted = submitted.catch(() => {});
    return await submitted;
  }

  async #submitBatch(batches: Batches<I, O>, inputs: HostInputs<I>, more: boolean) {
    const rows = rowsOf(this.#inputs, inputs, batches.largest);
    const replay = rows === batches.largest ? this.#main : await batches.sizes.of(rows);
    if (replay !== batches.latest) batches.latest.flush();
    batches.latest = replay;
    const { outputs } = await replay.submit(inputs, more);
    const inOrder = batches.back.then(() => outputs);
    batches.back = inOrder.catch(() => {});
    return { outputs: inOrder };
  }

  /** Submits one run and waits for its outputs. */
  async run(inputs: HostInputs<I>): Promise<HostOutputs<O>> {
    return await (await this.submit(inputs)).outputs;
  }

  /**
   * Begins a run whose other inputs, declared by {@link late}, depend on its outputs: submits what is recorded before
   * their first use. It may be left there, and another one begun.
   *
   * @example A gradient that the host makes from the features
   * ```ts
   * import { backward, Device, f32, late, mul, Program, sum } from "@reid/webgpu";
   * import assert from "node:assert/strict";
   *
   * const device = await Device.open();
   * const inputs = { x: f32([3], { differentiable: true }), upstream: late(f32([3])) };
   * const program = await Program.record(device, inputs, ({ x, upstream }) => {
   *   const features = mul(x, x);
   *   return { features, gradient: backward(sum(mul(features, upstream))).of(x)! };
   * });
   * const run = await program.start({ x: [1, 2, 3] });
   * const features = await run.output("features");
   * await run.resume({ upstream: features.map((value) => value > 2 ? 1 : 0) });
   * assert.deepEqual([...await run.output("gradient")], [0, 4, 6]);
   * program.destroy();
   * device.destroy();
   * ```
   *
   * @throws as {@link Program.submit} does.
   */
  async start(inputs: FirstInputs<I>): Promise<StartedRun<I, O>> {
    checkNames(this.#inputs, inputs);
    if (this.#batches) {
      throw new EngineError("A program of batches has no late inputs: call run() or submit()");
    }
    const main = this.#main;
    const { outputs, run } = await main.start(inputs);
    const results = [outputs];
    return {
      output: async <K extends keyof O & string>(name: K) => {
        const all: Partial<HostOutputs<O>> = Object.assign({}, ...await Promise.all(results));
        const value = all[name];
        if (value === undefined) {
          throw new EngineError(
            `Output ${name} is not there: it depends on late inputs, so resume the run first`,
          );
        }
        return value;
      },
      resume: async (late) => {
        checkNames(this.#inputs, late);
        if (run.done !== 1) throw new EngineError("This run cannot be resumed: it has been");
        results.push((await main.resume(run, late)).outputs);
      },
      proceed: async () => {
        if (run.done < 2) throw new EngineError("The run waits for its late inputs: resume it first");
        if (run.done >= main.parts.length) return false;
        results.push((await main.resume(run, {})).outputs);
        return true;
      },
      get gradientsFrom() {
        return main.parts[run.done - 1]?.gradientsFrom ?? Infinity;
      },
    };
  }

  /**
   * Uploads the inputs and encodes what comes before the first dispatch: mirrors of the weights, cleared gradients. For
   * {@link profile} and {@link firstNonFiniteDispatch}, which encode and submit the rest in their own way; with batches,
   * of the largest size alone.
   *
   * @ignore
   */
  begin(inputs: HostInputs<I>): OpenRun {
    checkNames(this.#inputs, inputs);
    return this.#main.begin(inputs);
  }

  /** Frees the program's memory; it cannot run any more. */
  destroy(): void {
    this.#main.destroy();
    this.#batches?.sizes.destroy();
  }
}

function checkTogether(together = 1): void {
  if (Number.isInteger(together) && together >= 1) return;
  throw new RangeError(`The outputs of a whole number of runs from 1 on come back together; got ${together}`);
}
