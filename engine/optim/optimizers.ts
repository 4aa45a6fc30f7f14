/** Optimizers. Each updates all trainable parameters of a set in one dispatch. */
import { adam, FACTOR_BLOCK, sgd, VEC4_BYTES } from "../../kernels/mod.ts";
import { backward, type Gradients } from "../autograd.ts";
import type { LossScale } from "./loss_scale.ts";
import type { Parameter, ParameterSet } from "../parameter.ts";
import { type InputSpec, scalars } from "../inputs.ts";
import { record } from "../recorder.ts";
import { constant, type Tensor } from "../tensor.ts";
import { flatBuffer, type Value } from "../value.ts";

/** What a parameter's learning rate is multiplied by, and its weight decay with it; 0 leaves the parameter as it is. */
export type LearningRateMultiplier = (parameter: Parameter) => number;

/** Another momentum (Adam's beta1) than the optimizer's own, from a step on that is counted from 1. */
export interface LaterMomentum {
  /** Share of the running mean that stays at every step. */
  readonly momentum: number;
  /** The first step with it. */
  readonly from: number;
}

/** What a training loop needs of an optimizer. */
export interface Optimizer {
  /** The program input through which {@link Optimizer.settings} come in. */
  readonly input: InputSpec<Tensor>;
  /** Names of the buffers, besides the weights, that a checkpoint must keep. */
  readonly state: readonly string[];
  /** Moves the scale of the loss; undefined where the loss is differentiated as it is. */
  readonly lossScale: LossScale | undefined;
  /** Values of {@link Optimizer.input} for the given step, counted from 1. */
  settings(step: number, learningRate: number, later?: LaterMomentum): number[];
  /**
   * Records the backward pass of a scalar loss and the update of the weights. The gradients are those of the loss times
   * its scale, where there is one. The learning rate of each parameter is multiplied by `multiplier`, 1 by default. Where
   * weights or moments are not finite afterward, `mark`, from {@link markNonFinite}, is set.
   */
  minimize(loss: Tensor, settings: Tensor, multiplier?: LearningRateMultiplier, mark?: Tensor): Gradients;
}

/** Stochastic gradient descent with momentum; weight decay is added to the gradient, as in PyTorch's SGD. */
export class Sgd implements Optimizer {
  /** Learning rate, momentum, weight decay. */
  readonly input: InputSpec<Tensor> = scalars(3);
  /** The velocity alone. */
  readonly state: readonly string[] = ["velocity"];

  /** Updates `parameters` in place. Momentum and weight decay are 0 by default. */
  constructor(
    /** What is trained. */
    readonly parameters: ParameterSet,
    /** As they were given. */
    readonly options: { momentum?: number; weightDecay?: number; lossScale?: LossScale } = {},
  ) {}

  /** As it was given. */
  get lossScale(): LossScale | undefined {
    return this.options.lossScale;
  }

  /** Values of {@link Sgd.input} for a step counted from 1. */
  settings(step: number, learningRate: number, later?: LaterMomentum): number[] {
    const { momentum = 0, weightDecay = 0 } = this.options;
    return [learningRate, later && step >= later.from ? later.momentum : momentum, weightDecay];
  }

  /** Records the backward pass of a scalar loss [] and the update of the weights. */
  minimize(loss: Tensor, settings: Tensor, multiplier?: LearningRateMultiplier, mark?: Tensor): Gradients {
    const set = this.parameters;
    const { lossScale } = this;
    const gradients = backward(loss, lossScale?.factor(loss.shape));
    const scaling = lossScale?.judge(flatBuffer(set, "gradients"));
    record(
      sgd(set.trainableBytes / VEC4_BYTES, { scaled: scaling !== undefined, marked: mark !== undefined }),
      {
        ...(scaling && { scaling }),
        ...(mark && { mark: mark.value }),
        gradients: flatBuffer(set, "gradients"),
        factors: factors(set, multiplier),
        settings: settings.value,
        weights: flatBuffer(set, "weights"),
        velocity: flatBuffer(set, "velocity"),
      },
    );
    return gradients;
  }
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
 * assert.ok(Math.abs(value - 3) < 0.01);
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

  /** Updates `parameters` in place. By default beta1 0.9, beta2 0.999, epsilon 1e-8, weight decay 0. */
  constructor(
    /** What is trained. */
    readonly parameters: ParameterSet,
    /** As they were given. */
    readonly options: {
      beta1?: number;
      beta2?: number;
      epsilon?: number;
      weightDecay?: number;
      lossScale?: LossScale;
    } = {},
  ) {}

  /** As it was given. */
  get lossScale(): LossScale | undefined {
    return this.options.lossScale;
  }

  /**
   * Values of {@link Adam.input} for a step counted from 1; one that its loss's scale has skipped counts as well.
   *
   * Whatever beta1 was at each step so far, the weights of the gradients in the running mean sum to 1 less the product of
   * them all: that is the bias which is corrected.
   */
  settings(step: number, learningRate: number, later?: LaterMomentum): number[] {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = this.options;
    const changed = later ? Math.min(step, Math.max(0, step - later.from + 1)) : 0;
    const product = beta1 ** (step - changed) * (later?.momentum ?? 0) ** changed;
    return [
      learningRate,
      changed > 0 ? later!.momentum : beta1,
      beta2,
      epsilon,
      weightDecay,
      1 / (1 - product),
      1 / (1 - beta2 ** step),
    ];
  }

  /** Records the backward pass of a scalar loss [] and the update of the weights. */
  minimize(loss: Tensor, settings: Tensor, multiplier?: LearningRateMultiplier, mark?: Tensor): Gradients {
    const set = this.parameters;
    const { lossScale } = this;
    const gradients = backward(loss, lossScale?.factor(loss.shape));
    const scaling = lossScale?.judge(flatBuffer(set, "gradients"));
    record(
      adam(set.trainableBytes / VEC4_BYTES, { scaled: scaling !== undefined, marked: mark !== undefined }),
      {
        ...(scaling && { scaling }),
        ...(mark && { mark: mark.value }),
        gradients: flatBuffer(set, "gradients"),
        factors: factors(set, multiplier),
        settings: settings.value,
        weights: flatBuffer(set, "weights"),
        first: flatBuffer(set, "first_moment"),
        second: flatBuffer(set, "second_moment"),
      },
    );
    return gradients;
  }
}

/** Per block of a parameter: what multiplies the learning rate, and what multiplies weight decay. */
function factors(set: ParameterSet, multiplier: LearningRateMultiplier = () => 1): Value {
  const blockBytes = FACTOR_BLOCK * VEC4_BYTES;
  const table = new Float32Array(set.trainableBytes / blockBytes * 4);
  for (const parameter of set.parameters) {
    if (!parameter.trainable) continue;
    const first = parameter.offset / blockBytes;
    for (let block = 0; block < Math.ceil(parameter.bytes / blockBytes); block++) {
      table[(first + block) * 4] = multiplier(parameter);
      table[(first + block) * 4 + 1] = parameter.decay ? 1 : 0;
    }
  }
  return constant(table, [table.length / 4, 4]).value;
}
