/** The training loop: passes batches from the sampler to the recorded step, without waiting for the GPU in between. */
import {
  AVERAGE_PREFIX,
  type Device,
  firstNonFiniteDispatch,
  type Optimizer,
  type WeightAverage,
} from "../engine/mod.ts";
import { indexIdentities } from "../data/identity_index.ts";
import type { PixelStore } from "../data/pixels.ts";
import { prefetch } from "../data/prefetch.ts";
import type { Batch, Sampler } from "../data/sampler.ts";
import type { MiningWarmUp } from "../losses/mod.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { ALONE, onAnyRank, type Ranks } from "../ranks/mod.ts";
import { describeNonFinite } from "./non_finite_dispatch.ts";
import { endsInBestEpoch } from "./best_epoch.ts";
import {
  type Checkpoint,
  HISTORY_TENSOR,
  nonFiniteTensors,
  restoreCheckpoint,
  takeCheckpoint,
} from "./checkpoint.ts";
import { NumericsError, RunError } from "./errors.ts";
import { runSampler } from "./from_options.ts";
import { InputWait } from "./input_wait.ts";
import { historyColumns, type StepMetrics, stepMetrics, type StepOutputs } from "./metrics.ts";
import { optionsFor, type RunOptions, type TrainingOptions } from "./options.ts";
import { laterBeta1, learningRateAt } from "./schedule.ts";
import { type RecordedRun, recordRun, type RunStart } from "./record_run.ts";
import { areStale, type BatchProgress, preciseStatistics } from "./running_statistics.ts";
import type { TrainingStep } from "./step.ts";
import { stepInputs } from "./step_inputs.ts";
import type { TrainedPeople } from "./trained_people.ts";
import { restartOptimizer, takenParameters } from "./transfer.ts";

/** Batches that are prepared ahead of the loop. */
const BATCHES_AHEAD = 2;

/** Options of {@link Trainer.open}. */
export interface OpenOptions extends RunStart {
  readonly device: Device;
  readonly options: TrainingOptions;
  /** The identity of each training image, in the order of the store. */
  readonly people: readonly { readonly identity: number }[];
  /** Who they are, for the run's checkpoints. */
  readonly trained?: TrainedPeople;
  /** The pixels of the training images. */
  readonly store: PixelStore;
}

/** A run in memory. Make one with {@link Trainer.open}. */
export class Trainer {
  /** Steps done. */
  step = 0;
  readonly history: number[] = [];
  /** How long the GPU waited for images, over the epochs trained since the run was opened. */
  readonly inputWait: InputWait = new InputWait();
  /** The run's settings, with what the adapter and the ranks decided. */
  readonly options: RunOptions;
  readonly model: ReidModel;
  readonly optimizer: Optimizer;
  readonly program: TrainingStep;
  readonly average: WeightAverage | undefined;
  readonly #mining: MiningWarmUp | undefined;
  /** The step of the epochs in which the backbone is frozen; undefined if none are left. */
  #frozenProgram: TrainingStep | undefined;

  private constructor(
    readonly device: Device,
    readonly sampler: Sampler,
    readonly store: PixelStore,
    recorded: RecordedRun,
    readonly trained: TrainedPeople | undefined,
    readonly ranks: Ranks,
  ) {
    const { options, model, optimizer, average, mining, program, frozenProgram } = recorded;
    this.options = options;
    this.model = model;
    this.optimizer = optimizer;
    this.average = average;
    this.#mining = mining;
    this.program = program;
    this.#frozenProgram = frozenProgram;
  }

  /**
   * Builds the network, records the step and prepares the sampler.
   *
   * @throws {DataError} if the images cannot be sampled as the options say.
   * @throws {RunError} if the checkpoint belongs to other settings, or pretrained weights are missing.
   * @throws {LimitError} if a batch does not fit the adapter; the message names the largest one that does.
   */
  static async open({ device, people, trained, store, ...start }: OpenOptions): Promise<Trainer> {
    const options = optionsFor(device.target, start.options);
    const index = indexIdentities(people, store.usable);
    const sampler = runSampler(index, options);
    const identities = index.identities.length;
    const recorded = await recordRun(device, options, identities, sampler, start);
    const trainer = new Trainer(device, sampler, store, recorded, trained, start.ranks ?? ALONE);
    if (start.resume) {
      const { step, tensors } = start.resume.checkpoint;
      trainer.step = step;
      for (const value of tensors.get(HISTORY_TENSOR)?.data ?? []) trainer.history.push(Number(value));
    }
    return trainer;
  }

  /** Steps of the whole run. */
  get steps(): number {
    return this.options.epochs * this.sampler.batchesPerEpoch;
  }

  /** Steps in which the backbone is frozen. */
  get frozenSteps(): number {
    return this.options.freezeEpochs * this.sampler.batchesPerEpoch;
  }

  /**
   * Whether the run is at the end of the epoch with the lowest mean loss so far. Scores do not decide it: test people must
   * not choose the network.
   */
  get lastEpochIsBest(): boolean {
    const columns = historyColumns(this.options);
    const losses = this.history.filter((_, i) => i % columns.length === columns.indexOf("total"));
    return endsInBestEpoch(losses, this.sampler.batchesPerEpoch);
  }

  /**
   * Trains to the end of the epoch of the next step, or until `stop` returns true.
   *
   * @param onStep called with every step's metrics, in order, up to 16 steps after it was submitted.
   * @param debugNumerics waits for every step. If one gives non-finite numbers, repeats it one dispatch at a time, so that
   * the error names the first dispatch that did. Slower, with the same results.
   * @throws {NumericsError} if the loss, a weight, a moment or a running statistic is no longer finite.
   * @throws {DeviceLostError} if the GPU is lost.
   */
  async trainEpoch(
    onStep: (metrics: StepMetrics) => void,
    stop: () => boolean,
    debugNumerics = false,
  ): Promise<void> {
    const perEpoch = this.sampler.batchesPerEpoch;
    const epoch = Math.floor(this.step / perEpoch);
    // Outputs arrive in the order of the runs: when the latest is there, all are.
    let latest = Promise.resolve();
    let failure: unknown;
    if (this.step >= this.frozenSteps) this.#thaw();
    const program = this.#frozenProgram ?? this.program;
    if (debugNumerics && !program.whole) {
      throw new RunError("The first operation that is not finite is found in batches that are not divided.", {
        remedies: [{ kind: "change", settings: ["microBatches"] }],
      });
    }
    program.forget?.(); // Between epochs others may have written to the set.
    this.inputWait.begin();
    const batches = Iterator.from(this.sampler.epoch(epoch)).drop(this.step % perEpoch);
    let next = this.step;
    const { options, store } = this;
    const prepare = (batch: Batch) => stepInputs(store, options, next++, batch, program.images);
    for await (const inputs of prefetch(batches, BATCHES_AHEAD, prepare)) {
      if (await onAnyRank(this.ranks, stop() || failure !== undefined)) break; // All before the same step.
      const before = debugNumerics ? await this.#take() : undefined;
      const step = this.step++;
      this.inputWait.ready();
      this.#prepare(step);
      const more = this.step % perEpoch !== 0 && !debugNumerics && !stop();
      const { outputs } = await program.submit(inputs, { more });
      this.inputWait.submitted();
      latest = outputs.then((out) => {
        this.inputWait.arrived();
        onStep(this.#record(step, out));
      }).catch((error) => {
        failure ??= error;
      });
      if (!before) continue;
      await latest;
      if (!(failure instanceof NumericsError)) continue;
      restoreCheckpoint(before, this.model.parameters, this.optimizer.state, "the step's beginning");
      this.#prepare(step);
      if (!program.whole) continue;
      const found = await firstNonFiniteDispatch(program.whole, { ...inputs });
      failure = new NumericsError(
        `${failure.message} ${describeNonFinite(found, program.dispatches.length)}`,
        { remedies: failure.remedies },
      );
    }
    await latest;
    if (failure instanceof NumericsError && !debugNumerics && program.whole) {
      throw new NumericsError(
        `${failure.message} Resuming with debugNumerics names the operation that it began with.`,
        { remedies: [...failure.remedies, { kind: "debug-numerics" }] },
      );
    }
    if (failure) throw failure;
  }

  /**
   * Copies the run's state to the host.
   *
   * @throws {NumericsError} if a weight is not finite.
   */
  async checkpoint(): Promise<Checkpoint> {
    const checkpoint = await this.#take();
    const [first, ...others] = nonFiniteTensors(checkpoint);
    if (first === undefined) return checkpoint;
    throw numericsError(
      `After step ${this.step} ${first} (and ${others.length} more tensors) held values that are not finite`,
    );
  }

  /**
   * Estimates the running statistics anew where a finished run was too short for its own: see `running_statistics.ts`.
   *
   * @param onProgress called with the batches done and of all.
   * @returns the share of their first values that was left in them, if it did.
   */
  async settleStatistics(onProgress: BatchProgress = () => {}): Promise<number | undefined> {
    const { device, model: { spec, parameters }, options: { seed }, store } = this;
    const isFrozen = this.frozenSteps >= this.steps;
    const learned = isFrozen ? this.steps : this.steps - this.frozenSteps;
    const kept = isFrozen ? [...takenParameters(this.model, this.options)].map(({ name }) => name) : [];
    if (!areStale(spec.momentum, learned)) return undefined;
    const values = (await parameters.read()).get("weights");
    for (const prefix of this.average ? ["", AVERAGE_PREFIX] : [""]) {
      const parameterOf = (name: string) => parameters.get(prefix + name)!;
      const valueOf = (name: string) => values!.get(parameterOf(name))!;
      const statistics = await preciseStatistics(
        device,
        spec,
        valueOf,
        seed,
        store,
        new Set(kept),
        onProgress,
      );
      for (const [name, statistic] of statistics) parameters.write(parameterOf(name), statistic);
    }
    return spec.momentum ** learned;
  }

  /**
   * Replaces the weights by their averages, if the run has them: for scoring, after the run's last checkpoint.
   */
  async useAverage(): Promise<void> {
    await this.average?.apply();
  }

  /** Frees the GPU memory of the run. */
  destroy(): void {
    this.#frozenProgram?.destroy();
    this.program.destroy();
    this.model.parameters.destroy();
  }

  #take(): Promise<Checkpoint> {
    return takeCheckpoint(this.model.parameters, this.optimizer.state, Float32Array.from(this.history), {
      step: this.step,
      model: this.model.spec,
      options: this.options,
      variants: this.device.target.choices,
      people: this.trained,
    });
  }

  /** Restarts the optimizer before the first step in which the backbone learns. */
  #thaw(): void {
    if (this.step === 0 || this.step !== this.frozenSteps) return;
    restartOptimizer(this.model, this.optimizer);
    this.#frozenProgram?.destroy();
    this.#frozenProgram = undefined;
  }

  /** Tells the optimizer and the average which step, counted from 0, is next. */
  #prepare(step: number): void {
    const { optimizer, average, options } = this;
    const before = step < this.frozenSteps ? 0 : this.frozenSteps; // The optimizer's own count begins after those.
    const beta1 = laterBeta1(this.steps, options);
    optimizer.step = step - before;
    optimizer.rate = learningRateAt(step, this.steps, options);
    optimizer.laterMomentum = beta1 && { momentum: beta1.beta1, from: beta1.from - before + 1 };
    if (average) average.step = step;
    if (this.#mining) this.#mining.step = step;
  }

  #record(step: number, out: StepOutputs): StepMetrics {
    const metrics = stepMetrics(step, out, learningRateAt(step, this.steps, this.options));
    if (!Number.isFinite(metrics.total)) {
      throw numericsError(`The loss of step ${step + 1} was ${metrics.total}`);
    }
    if (out.nonFinite[0] !== 0) {
      throw numericsError(
        `With step ${step + 1} weights, moments or running statistics were no longer finite`,
      );
    }
    this.history.push(...historyColumns(this.options).map((name) => metrics[name]));
    return metrics;
  }
}

function numericsError(what: string): NumericsError {
  return new NumericsError(
    `${what}. Training stopped; checkpoints saved before are kept. Start a new run with a lower learning rate or a ` +
      "longer warm-up.",
    { remedies: [{ kind: "change", settings: ["learningRate", "warmUp"] }] },
  );
}
