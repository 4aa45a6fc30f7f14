/** What all optimizers share: each updates all trainable parameters of a set in one dispatch. */
import { type Dispatch, MULTIPLIER_BLOCK, type OptimizerForm, VEC4_BYTES } from "../../kernels/mod.ts";
import { backward, type Gradients } from "../autograd.ts";
import { checkNumber } from "../checks.ts";
import { nonFiniteFlag } from "../debug/check_finite.ts";
import { perRun, scalars } from "../inputs.ts";
import type { Parameter, ParameterSet } from "../parameter.ts";
import { record } from "../recorder.ts";
import { constant, type Tensor } from "../tensor.ts";
import { flatBuffer, type Value } from "../value.ts";
import { clip } from "./clip_norm.ts";
import type { LossScale } from "./loss_scale.ts";

/** The multiplier of a parameter's learning rate and weight decay; 0 leaves the parameter as it is. */
export type LearningRateMultiplier = (parameter: Parameter) => number;

/** A momentum (Adam's beta1) that replaces the optimizer's from some step on. */
export interface LaterMomentum {
  /** Share of the running mean that stays at every step. */
  readonly momentum: number;
  /** The first step with it, counted from 1. */
  readonly from: number;
}

/** What {@link Optimizer.minimize} has recorded. */
export interface Update {
  /** Of the loss, as they were applied. */
  readonly gradients: Gradients;
  /** [1]: 1 if a weight or a moment was NaN or infinite after the update, else 0. */
  readonly nonFinite: Tensor;
  /** [4]: the norm of all gradients before clipping, then internal values; undefined if they are not clipped. */
  readonly clipping: Tensor | undefined;
}

/** Options that all optimizers have. */
export interface OptimizerOptions {
  /** The first learning rate; 0.001 by default. */
  readonly rate?: number;
  /** Scales the loss of {@linkcode Optimizer.minimize} for f16; none by default. */
  readonly lossScale?: LossScale | undefined;
  /** Largest norm of all gradients of {@linkcode Optimizer.minimize} together; 0, the default, does not limit it. */
  readonly clipNorm?: number;
}

/** An optimizer of the parameters of a set: {@link Sgd} or {@link Adam}. */
export abstract class Optimizer {
  /** Names of the buffers, besides the weights, that a checkpoint must keep. */
  abstract readonly state: readonly string[];
  /** Replaces the momentum, or Adam's beta1, from a step on. */
  laterMomentum: LaterMomentum | undefined;
  #rate: number;
  #step = 0;

  /**
   * Updates `parameters` in place.
   *
   * @param shares names of the options that are shares of a running mean; all other numbers are from 0 on.
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(
    /** The parameters to train. */
    readonly parameters: ParameterSet,
    /** Options as given. */
    readonly options: OptimizerOptions,
    shares: readonly string[],
  ) {
    for (const [name, value] of Object.entries(options)) {
      if (typeof value === "number") checkNumber(name, value, 0, shares.includes(name) ? 1 : Infinity);
    }
    this.#rate = options.rate ?? 1e-3;
  }

  /** The learning rate of the runs from now on; at 0 the weights stay. Setting it throws a RangeError below 0. */
  get rate(): number {
    return this.#rate;
  }

  set rate(rate: number) {
    checkNumber("A learning rate", rate, 0);
    this.#rate = rate;
  }

  /**
   * Steps so far: every run of a program that applies gradients is one, even if it is skipped for its gradients. Set it when
   * a training is resumed; setting it throws a RangeError unless it is a whole number from 0 on.
   */
  get step(): number {
    return this.#step;
  }

  set step(step: number) {
    if (!(Number.isInteger(step) && step >= 0)) {
      throw new RangeError(`The steps so far are a whole number from 0 on; got ${step}`);
    }
    this.#step = step;
  }

  /** As given in the options. */
  get lossScale(): LossScale | undefined {
    return this.options.lossScale;
  }

  /** What the kernel's `settings` are in a step counted from 1. */
  abstract numbers(step: number): number[];

  /** The kernel. Its bindings are named as the buffers of {@link Optimizer.state}. @ignore */
  protected abstract kernel(length4: number, form: OptimizerForm): Dispatch;

  /**
   * Records the backward pass of a scalar loss, the clipping of the gradients if the options ask for it, and the update of
   * the weights.
   *
   * @param multiplier of each parameter's learning rate; 1 by default.
   * @throws {EngineError} when the loss is no scalar, or depends on no parameter of the set.
   */
  minimize(loss: Tensor, multiplier?: LearningRateMultiplier): Update {
    const { lossScale } = this.options;
    return this.update(lossScale ? lossScale.backward(loss) : backward(loss), multiplier);
  }

  /** {@linkcode Optimizer.minimize} where the gradients are there already: clips them if the options ask for it, and applies them. */
  update(gradients: Gradients, multiplier?: LearningRateMultiplier): Update {
    const { clipNorm = 0 } = this.options;
    const clipping = clipNorm > 0 ? clip(gradients, clipNorm) : undefined;
    return { gradients, clipping, ...this.apply(gradients, multiplier) };
  }

  /**
   * Records the update of the weights by gradients of {@linkcode backward}. Several optimizers can apply the same
   * gradients, each to the parameters of its set.
   *
   * @param multiplier of each parameter's learning rate; 1 by default.
   * @returns `nonFinite` [1]: 1 if a weight or a moment was NaN or infinite after the update, else 0.
   * @throws {EngineError} when the gradients are of another program, or of no parameter of the set.
   */
  apply(gradients: Gradients, multiplier?: LearningRateMultiplier): Pick<Update, "nonFinite"> {
    const { parameters: set } = this;
    gradients.requireOf(set);
    const scaling = gradients.multiplier;
    const nonFinite = nonFiniteFlag();
    const buffers = ["gradients", "weights", ...this.state].map((name) => [name, flatBuffer(set, name)]);
    const settings = perRun(scalars(this.numbers(1).length), () => this.numbers(++this.#step));
    record(this.kernel(set.trainableBytes / VEC4_BYTES, { scaled: scaling !== undefined }), {
      ...Object.fromEntries(buffers),
      multipliers: multiplierTable(set, multiplier),
      settings: settings.value,
      non_finite: nonFinite.value,
      ...(scaling && { scaling: scaling.value }),
    });
    return { nonFinite };
  }
}

/** For each block of a parameter, the multipliers of learning rate and weight decay. */
function multiplierTable(set: ParameterSet, multiplier: LearningRateMultiplier = () => 1): Value {
  const blockBytes = MULTIPLIER_BLOCK * VEC4_BYTES;
  const table = new Float32Array(set.trainableBytes / blockBytes * 4);
  for (const parameter of set.parameters) {
    if (!parameter.trainable) continue;
    const first = parameter.offset / blockBytes;
    for (let block = first; block < first + Math.ceil(parameter.bytes / blockBytes); block++) {
      table[block * 4] = multiplier(parameter);
      table[block * 4 + 1] = parameter.decay ? 1 : 0;
    }
  }
  return constant(table, [table.length / 4, 4]).value;
}
