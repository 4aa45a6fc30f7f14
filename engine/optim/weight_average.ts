/** An exponential moving average of a network's weights, kept on the GPU beside them. */
import { VEC4_BYTES, weightAverage } from "../../kernels/mod.ts";
import { checkNumber, checkStep } from "../checks.ts";
import { EngineError } from "../errors.ts";
import { perRun, scalars } from "../inputs.ts";
import { itemAt } from "../item_at.ts";
import type { Parameter, ParameterSet } from "../parameter.ts";
import { record } from "../recorder.ts";
import { flatBuffer } from "../value.ts";

/** What comes before a parameter's name in the name of its average. */
export const AVERAGE_PREFIX = "ema/";

/**
 * Averages of all weights and running statistics of a set, moved by every step: average = decay · average +
 * (1 - decay) · value. Averaged weights stand where the last steps wander about, and usually score better than any of
 * them (Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; with exponential weights
 * Tarvainen and Valpola, "Mean teachers are better role models", 2017).
 *
 * The averages are state of the set, named `ema/NAME`, so that checkpoints keep them.
 */
export class WeightAverage {
  /** Moves so far; set it when a training is resumed. */
  step = 0;
  readonly #averages: ReadonlyMap<Parameter, Parameter>;
  readonly #weights4: number;
  readonly #state4: number;

  /**
   * Adds the averages to a set that is not in use yet. What is added to it later is not averaged.
   *
   * @param decay share of the averages that stays at every step, once there have been many; from 0 to below 1.
   * @throws {EngineError} when the set is in use, or there is nothing in it.
   * @throws {RangeError} when the decay is out of its range.
   */
  constructor(
    /** What is averaged. */
    readonly parameters: ParameterSet,
    /** As it was given. */
    readonly decay: number,
  ) {
    checkNumber("decay", decay, 0, 1);
    this.#weights4 = parameters.trainableBytes / VEC4_BYTES;
    this.#state4 = parameters.stateBytes / VEC4_BYTES;
    const all = parameters.parameters;
    if (!all.some(({ trainable }) => trainable)) throw new EngineError("There are no weights to average");
    // In the order of the flat buffers, so that the averages have the layout of what they are averages of.
    const ordered = [...all.filter((p) => p.trainable), ...all.filter((p) => !p.trainable)];
    this.#averages = new Map(ordered.map((parameter) => {
      const { name, shape } = parameter;
      const zeros = new Float32Array(shape.reduce((a, b) => a * b, 1));
      return [parameter, parameters.add(AVERAGE_PREFIX + name, shape, zeros, { trainable: false })];
    }));
  }

  /**
   * The decay of a step counted from 1. It rises from 0, where the averages are the weights themselves, as
   * step / (step + 9): else the first weights would stay in them for long.
   */
  decayAt(step: number): number {
    checkStep(step);
    return step === 1 ? 0 : Math.min(this.decay, step / (step + 9));
  }

  /**
   * Records the move of the averages; comes after the update of the weights. A step that was skipped for its gradients
   * averages the weights as they stayed.
   */
  update(): void {
    const set = this.parameters;
    const settings = perRun(scalars(1), () => [this.decayAt(++this.step)]);
    const averages = itemAt([...this.#averages.values()], 0).offset / VEC4_BYTES;
    record(weightAverage({ weights4: this.#weights4, state4: this.#state4, averages }), {
      weights: flatBuffer(set, "weights"),
      settings: settings.value,
      state: flatBuffer(set, "state"),
    });
  }

  /** Overwrites the weights and running statistics by their averages: for scoring, when training is over. */
  async apply(): Promise<void> {
    const values = (await this.parameters.read()).get("weights")!;
    for (const [parameter, average] of this.#averages) this.parameters.write(parameter, values.get(average)!);
  }
}
