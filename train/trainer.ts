/** The training loop: batches from the sampler through the recorded step, and nothing awaited in between. */
import type { Choices, Device, Optimizer, Recorded, WeightAverage } from "../engine/mod.ts";
import { indexIdentities } from "../data/identity_index.ts";
import type { PixelStore } from "../data/pixels.ts";
import { prefetch } from "../data/prefetch.ts";
import type { Batch, Sampler } from "../data/sampler.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { namingLargestBatch } from "./batch_limit.ts";
import { describeNonFinite } from "./non_finite_dispatch.ts";
import { endsInBestEpoch } from "./best_epoch.ts";
import {
  type Checkpoint,
  HISTORY_TENSOR,
  nonFiniteTensors,
  restoreCheckpoint,
  takeCheckpoint,
} from "./checkpoint.ts";
import type { LoadedCheckpoint } from "./checkpoint_files.ts";
import { NumericsError, RunError } from "./errors.ts";
import { initialModel, modelSpec, runSampler, stepAugmentations } from "./from_options.ts";
import { InputWait } from "./input_wait.ts";
import { historyColumns, type StepMetrics, stepMetrics, type StepOutputs } from "./metrics.ts";
import type { TrainingOptions } from "./options.ts";
import { laterBeta1, learningRateAt } from "./schedule.ts";
import {
  recordTrainingStep,
  trainingAverage,
  trainingCenters,
  trainingOptimizer,
  type TrainingStep,
} from "./step.ts";
import { type BackboneValues, loadBackbone, recordFrozenStep, restartOptimizer } from "./transfer.ts";

/** Batches that are prepared before the loop asks for them. */
const BATCHES_AHEAD = 2;

/** A run in memory. Make one with {@link Trainer.open}. */
export class Trainer {
  /** Steps done. */
  step = 0;
  readonly history: number[] = [];
  /** How long the GPU waited for images, over the epochs trained since the run was opened. */
  readonly inputWait: InputWait = new InputWait();
  /** The step of the epochs in which the backbone is frozen; undefined where none are left. */
  #frozenProgram: TrainingStep | undefined;

  private constructor(
    readonly device: Device,
    readonly options: TrainingOptions,
    readonly model: ReidModel,
    readonly optimizer: Optimizer,
    readonly sampler: Sampler,
    readonly store: PixelStore,
    readonly program: TrainingStep,
    readonly average: WeightAverage | undefined,
    frozenProgram: TrainingStep | undefined,
  ) {
    this.#frozenProgram = frozenProgram;
  }

  /**
   * Builds the network, records the step and prepares the sampler.
   *
   * @param train the dataset's training images, in the order of the store.
   * @param resume a checkpoint to go on from, and its path for messages; the run keeps its kernels' variants.
   * @param pretrained the first weights of a new run's backbone, if its options say that they come from a file.
   * @param tuner chooses the variants of a new run's kernels, given its step; the adapter's defaults where left out.
   * @throws {DataError} when the images cannot be sampled as asked.
   * @throws {RunError} when the checkpoint belongs to other settings, or pretrained weights are missing.
   * @throws {LimitError} when a batch does not fit the adapter; the message names the largest one that does.
   */
  static async open(
    device: Device,
    options: TrainingOptions,
    train: readonly { identity: number }[],
    store: PixelStore,
    resume?: LoadedCheckpoint,
    tuner?: (dispatches: readonly Recorded[]) => Promise<Choices>,
    pretrained?: BackboneValues,
  ): Promise<Trainer> {
    const index = indexIdentities(train, store.usable);
    const sampler = runSampler(index, options);
    const spec = modelSpec(options, index.identities.length);
    const model = initialModel(device, spec, options.seed);
    /** What is on the GPU already, should the rest fail. */
    const made: { destroy(): void }[] = [model.parameters];
    try {
      const average = trainingAverage(model, options); // Before what else becomes state, and needs no average.
      const optimizer = trainingOptimizer(model, options);
      const centers = trainingCenters(model, options, index.identities.length);
      if (resume) {
        refuseOtherNetwork(resume, spec);
        restoreCheckpoint(resume.checkpoint, model.parameters, optimizer.state, resume.path);
      } else if (pretrained) {
        loadBackbone(model, pretrained);
      } else if (options.initialWeights !== "") {
        throw new RunError(
          `This run's backbone begins with weights from a file, of SHA-256 ${options.initialWeights}: start it with ` +
            "that file.",
          { remedies: [{ kind: "change", settings: ["weights"] }] },
        );
      }
      device.choose(resume?.checkpoint.variants ?? new Map());
      const record = async () => {
        const extras = { centers, average };
        const images = sampler.batchImages;
        const program = await recordTrainingStep(device, model, optimizer, options, images, extras)
          .catch((error) => {
            throw namingLargestBatch(error, options, images);
          });
        made.push(program);
        return program;
      };
      let program = await record();
      if (tuner && !resume) {
        device.choose(await tuner(program.dispatches));
        program.destroy();
        program = await record();
      }
      const frozenSteps = options.freezeEpochs * sampler.batchesPerEpoch;
      const frozenProgram = (resume?.checkpoint.step ?? 0) < frozenSteps
        ? await recordFrozenStep(device, model, optimizer, options, sampler.batchImages, { centers, average })
        : undefined;
      const trainer = new Trainer(
        device,
        options,
        model,
        optimizer,
        sampler,
        store,
        program,
        average,
        frozenProgram,
      );
      if (resume) {
        trainer.step = resume.checkpoint.step;
        for (const value of resume.checkpoint.tensors.get(HISTORY_TENSOR)!.data) {
          trainer.history.push(Number(value));
        }
      }
      return trainer;
    } catch (error) {
      for (const each of made) each.destroy();
      throw error;
    }
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
   * Whether the run is at the end of the epoch that went best so far, by its mean loss: the people that score the network
   * must not choose it.
   */
  get lastEpochIsBest(): boolean {
    const columns = historyColumns(this.options);
    const losses = this.history.filter((_, i) => i % columns.length === columns.indexOf("total"));
    return endsInBestEpoch(losses, this.sampler.batchesPerEpoch);
  }

  /**
   * Trains up to the end of the epoch that the next step belongs to, or until `stop` says so.
   *
   * @param onStep called with every step's metrics, in order, up to 16 steps after it was submitted.
   * @param debugNumerics waits for every step, and where one breaks down makes it again, one dispatch at a time, so that
   * the error names the first one that did. Slower, with the same results.
   * @throws {NumericsError} when the loss is no longer finite, or a weight, a moment or a running statistic.
   * @throws {DeviceLostError} when the GPU is gone.
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
    const frozen = this.step < this.frozenSteps;
    if (!frozen) this.#thaw();
    const program = frozen ? this.#frozenProgram! : this.program;
    this.inputWait.begin();
    const batches = Iterator.from(this.sampler.epoch(epoch)).drop(this.step % perEpoch);
    let next = this.step;
    for await (const inputs of prefetch(batches, BATCHES_AHEAD, (batch) => this.#inputs(next++, batch))) {
      if (stop() || failure) break;
      const before = debugNumerics ? await this.#take() : undefined;
      const step = this.step++;
      this.inputWait.ready();
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
      const found = await program.firstNonFinite(inputs);
      failure = new NumericsError(
        `${failure.message} ${describeNonFinite(found, program.dispatches.length)}`,
        { remedies: failure.remedies },
      );
    }
    await latest;
    if (failure instanceof NumericsError && !debugNumerics) {
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
   * @throws {NumericsError} when a weight is not finite.
   */
  async checkpoint(): Promise<Checkpoint> {
    const checkpoint = await this.#take();
    const broken = nonFiniteTensors(checkpoint);
    if (broken.length > 0) {
      throw numericsError(
        `After step ${this.step} ${broken[0]} (and ${
          broken.length - 1
        } more tensors) held values that are not finite`,
      );
    }
    return checkpoint;
  }

  /**
   * Puts the averages of the weights, where the run has them, in the weights' place: for scoring, after the run's last
   * checkpoint.
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
    });
  }

  /** Before the first step in which the backbone learns: the optimizer begins anew. */
  #thaw(): void {
    if (this.step === 0 || this.step !== this.frozenSteps) return;
    restartOptimizer(this.model, this.optimizer);
    this.#frozenProgram?.destroy();
    this.#frozenProgram = undefined;
  }

  async #inputs(step: number, batch: Batch) {
    const before = step < this.frozenSteps ? 0 : this.frozenSteps; // The optimizer's own count begins after those.
    const beta1 = laterBeta1(this.steps, this.options);
    return {
      pixels: await this.#pixels(batch.images),
      augmentations: stepAugmentations(this.options, step, batch.images.length),
      labels: new Uint32Array(batch.labels),
      settings: this.optimizer.settings(
        step - before + 1,
        learningRateAt(step, this.steps, this.options),
        beta1 && { momentum: beta1.beta1, from: beta1.from - before + 1 },
      ),
      averaging: this.average?.settings(step + 1) ?? [0],
    };
  }

  async #pixels(images: Int32Array): Promise<Uint32Array<ArrayBuffer>> {
    const bytes = new Uint8Array(images.length * this.store.stride);
    await this.store.batch(images, bytes);
    return new Uint32Array(bytes.buffer);
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

/** A checkpoint fits a run only when its network, and the number of people where that matters, are the same. */
function refuseOtherNetwork({ checkpoint, path }: LoadedCheckpoint, spec: ModelSpec): void {
  const differing = (Object.keys(spec) as (keyof ModelSpec)[]).filter((key) =>
    checkpoint.model[key] !== spec[key]
  );
  if (differing.length === 0) return;
  const list = differing.map((key) => `${key} ${checkpoint.model[key]} where this run has ${spec[key]}`).join(
    ", ",
  );
  throw new RunError(
    `${path} is a checkpoint of another network or of other people: it has ${list}. Resume a run with its own ` +
      "checkpoints and its own people.",
    { remedies: [{ kind: "change", settings: ["data"] }] },
  );
}
