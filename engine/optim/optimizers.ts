/** Optimizers. Each updates all trainable parameters of a set in one dispatch. */
import {
  adam,
  type Dispatch,
  MULTIPLIER_BLOCK,
  type OptimizerForm,
  sgd,
  VEC4_BYTES,
} from "../../kernels/mod.ts";
import { backward, type Gradients } from "../autograd.ts";
import { nonFiniteFlag } from "../debug/check_finite.ts";
import { checkNumber, checkStep } from "../checks.ts";
import { clipNorm } from "./clip_norm.ts";
import type { LossScale } from "./loss_scale.ts";
import type { Parameter, ParameterSet } from "../parameter.ts";
import { type InputSpec, scalars } from "../inputs.ts";
import { record } from "../recorder.ts";
import { constant, type Tensor } from "../tensor.ts";
import { flatBuffer, type Value } from "../value.ts";

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
  /** Gradients of the loss times its scale, if it has one. */
  readonly gradients: Gradients;
  /** [1]: 1 if a weight or a moment was NaN or infinite after the update, else 0. */
  readonly nonFinite: Tensor;
  /** [4]: the norm of all gradients before clipping, then internal values; undefined if they are not clipped. */
  readonly clipping: Tensor | undefined;
}

/** What a training loop needs of an optimizer. */
export interface Optimizer {
  /** The program input that takes {@link Optimizer.settings}. */
  readonly input: InputSpec<Tensor>;
  /** Names of the buffers, besides the weights, that a checkpoint must keep. */
  readonly state: readonly string[];
  /** The scale of the loss; undefined if the loss is differentiated as it is. */
  readonly lossScale: LossScale | undefined;
  /**
   * Values of {@link Optimizer.input} for the given step, counted from 1.
   *
   * @throws {RangeError} when the step is no whole number from 1 on, or the learning rate no finite number from 0 on.
   */
  settings(step: number, learningRate: number, later?: LaterMomentum): number[];
  /**
   * Records the backward pass of a scalar loss and the update of the weights.
   *
   * @param multiplier of each parameter's learning rate; 1 by default.
   * @throws {EngineError} when the loss is no scalar, or depends on nothing that needs a gradient.
   */
  minimize(loss: Tensor, settings: Tensor, multiplier?: LearningRateMultiplier): Update;
}

/** Options of {@link Sgd}. */
export interface SgdOptions {
  /** Share of the velocity that stays at every step; 0 by default. */
  readonly momentum?: number;
  /** Added to the gradient, times the weight; 0 by default. */
  readonly weightDecay?: number;
  /** Scales the loss for f16; none by default. */
  readonly lossScale?: LossScale;
  /** Largest norm of all gradients together; 0, the default, does not limit it. */
  readonly clipNorm?: number;
}

/** Stochastic gradient descent with momentum; weight decay is added to the gradient, as in PyTorch's SGD. */
export class Sgd implements Optimizer {
  /** Learning rate, momentum, weight decay. */
  readonly input: InputSpec<Tensor> = scalars(3);
  /** The velocity alone. */
  readonly state: readonly string[] = ["velocity"];

  /** Updates `parameters` in place. @throws {RangeError} when an option is out of its range. */
  constructor(
    /** The parameters to train. */
    readonly parameters: ParameterSet,
    /** Options as given. */
    readonly options: SgdOptions = {},
  ) {
    checkOptions(options, ["momentum"]);
  }

  /** As given in the options. */
  get lossScale(): LossScale | undefined {
    return this.options.lossScale;
  }

  /** Values of {@link Sgd.input} for a step counted from 1. */
  settings(step: number, learningRate: number, later?: LaterMomentum): number[] {
    checkSettings(step, learningRate);
    const { momentum = 0, weightDecay = 0 } = this.options;
    return [learningRate, later && step >= later.from ? later.momentum : momentum, weightDecay];
  }

  /** Records the backward pass of a scalar loss [] and the update of the weights. */
  minimize(loss: Tensor, settings: Tensor, multiplier?: LearningRateMultiplier): Update {
    return recordUpdate(this, sgd, loss, settings, multiplier);
  }
}

/** Options of {@link Adam}. */
export interface AdamOptions {
  /** Share of the running mean of gradients that stays at every step; 0.9 by default. */
  readonly beta1?: number;
  /** Share of the running mean of squared gradients that stays at every step; 0.999 by default. */
  readonly beta2?: number;
  /** Added to the root of that mean; 1e-8 by default. */
  readonly epsilon?: number;
  /** Decoupled weight decay; 0 by default. */
  readonly weightDecay?: number;
  /** Scales the loss for f16; none by default. */
  readonly lossScale?: LossScale;
  /** Largest norm of all gradients together; 0, the default, does not limit it. */
  readonly clipNorm?: number;
}

/**
 * Adam with decoupled weight decay (AdamW): Kingma and Ba 2015, Loshchilov and Hutter 2019.
 *
 * @example Finding the w for which (w - 3)² is least
 * ```ts
 * import { Adam, affine, Device, mul, ParameterSet, Program } from "@reid/webgpu";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const parameters = new ParameterSet(device);
 * const w = parameters.add("w", [1], [0]);
 * const adam = new Adam(parameters);
 * const step = await Program.record(device, { settings: adam.input }, ({ settings }) => {
 *   const distance = affine(w, 1, -3);
 *   const loss = mul(distance, distance);
 *   adam.minimize(loss, settings);
 *   return { loss };
 * });
 * for (let i = 1; i <= 200; i++) await step.run({ settings: adam.settings(i, 0.1) });
 * const [value] = (await parameters.read()).get("weights")!.get(w)!;
 * assert.ok(Math.abs(value! - 3) < 0.01);
 * step.destroy();
 * parameters.destroy();
 * device.destroy();
 * ```
 */
export class Adam implements Optimizer {
  /** Learning rate, betas, epsilon, weight decay, and both bias corrections of the step. */
  readonly input: InputSpec<Tensor> = scalars(7);
  /** Running means of the gradient and of its square. */
  readonly state: readonly string[] = ["first_moment", "second_moment"];

  /** Updates `parameters` in place. @throws {RangeError} when an option is out of its range. */
  constructor(
    /** The parameters to train. */
    readonly parameters: ParameterSet,
    /** Options as given. */
    readonly options: AdamOptions = {},
  ) {
    checkOptions(options, ["beta1", "beta2"]);
  }

  /** As given in the options. */
  get lossScale(): LossScale | undefined {
    return this.options.lossScale;
  }

  /**
   * Values of {@link Adam.input} for a step counted from 1; steps that were skipped for their gradients count as well.
   *
   * Whatever beta1 was at each step so far, the weights of the gradients in the running mean sum to 1 minus the product
   * of all of them: this is the bias that is corrected.
   */
  settings(step: number, learningRate: number, later?: LaterMomentum): number[] {
    checkSettings(step, learningRate);
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = this.options;
    const { momentum, from } = later ?? { momentum: beta1, from: Infinity };
    const changed = Math.min(step, Math.max(0, step - from + 1));
    const product = beta1 ** (step - changed) * momentum ** changed;
    return [
      learningRate,
      changed > 0 ? momentum : beta1,
      beta2,
      epsilon,
      weightDecay,
      1 / (1 - product),
      1 / (1 - beta2 ** step),
    ];
  }

  /** Records the backward pass of a scalar loss [] and the update of the weights. */
  minimize(loss: Tensor, settings: Tensor, multiplier?: LearningRateMultiplier): Update {
    return recordUpdate(this, adam, loss, settings, multiplier);
  }
}

/** A rate of 0 leaves the weights as they are. */
function checkSettings(step: number, learningRate: number): void {
  checkStep(step);
  checkNumber("A learning rate", learningRate, 0);
}

/** `shares` are those of a running mean; the other numbers are from 0 on. */
function checkOptions(options: object, shares: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === "number") checkNumber(name, value, 0, shares.includes(name) ? 1 : Infinity);
  }
}

/** Records backward pass and update. The kernel's bindings are named as the buffers of {@link Optimizer.state}. */
function recordUpdate(
  { parameters: set, state, lossScale, options: { clipNorm: limit = 0 } }: Sgd | Adam,
  kernel: (length4: number, form: OptimizerForm) => Dispatch,
  loss: Tensor,
  settings: Tensor,
  multiplier: LearningRateMultiplier | undefined,
): Update {
  const gradients = backward(loss, lossScale?.scale(loss.shape));
  const scale = lossScale?.update();
  const clipping = limit > 0 ? clipNorm(set, limit, scale) : undefined;
  const scaling = clipping?.value ?? scale;
  const nonFinite = nonFiniteFlag();
  const buffers = ["gradients", "weights", ...state].map((name) => [name, flatBuffer(set, name)]);
  record(kernel(set.trainableBytes / VEC4_BYTES, { scaled: scaling !== undefined }), {
    ...Object.fromEntries(buffers),
    multipliers: multiplierTable(set, multiplier),
    settings: settings.value,
    non_finite: nonFinite.value,
    ...(scaling && { scaling }),
  });
  return { gradients, nonFinite, clipping };
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
