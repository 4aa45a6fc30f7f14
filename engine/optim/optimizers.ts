/** Sgd and Adam. */
import { adam, type Dispatch, type OptimizerForm, sgd } from "../../kernels/mod.ts";
import type { ParameterSet } from "../parameter.ts";
import { Optimizer, type OptimizerOptions } from "./optimizer.ts";

/** Options of {@link Sgd}. */
export interface SgdOptions extends OptimizerOptions {
  /** Share of the velocity that stays at every step; 0 by default. */
  readonly momentum?: number;
  /** Added to the gradient, times the weight; 0 by default. */
  readonly weightDecay?: number;
}

/** Stochastic gradient descent with momentum; weight decay is added to the gradient, as in PyTorch's SGD. */
export class Sgd extends Optimizer {
  /** The velocity alone. */
  readonly state: readonly string[] = ["velocity"];

  /** Updates `parameters` in place. @throws {RangeError} when an option is out of its range. */
  constructor(
    parameters: ParameterSet,
    /** Options as given. */
    override readonly options: SgdOptions = {},
  ) {
    super(parameters, options, ["momentum"]);
  }

  /** Learning rate, momentum, weight decay. */
  numbers(step: number): number[] {
    const { laterMomentum: later, options: { momentum = 0, weightDecay = 0 } } = this;
    return [this.rate, later && step >= later.from ? later.momentum : momentum, weightDecay];
  }

  /** @ignore */
  protected kernel(length4: number, form: OptimizerForm): Dispatch {
    return sgd(length4, form);
  }
}

/** Options of {@link Adam}. */
export interface AdamOptions extends OptimizerOptions {
  /** Share of the running mean of gradients that stays at every step; 0.9 by default. */
  readonly beta1?: number;
  /** Share of the running mean of squared gradients that stays at every step; 0.999 by default. */
  readonly beta2?: number;
  /** Added to the root of that mean; 1e-8 by default. */
  readonly epsilon?: number;
  /** Decoupled weight decay; 0 by default. */
  readonly weightDecay?: number;
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
 * const adam = new Adam(parameters, { rate: 0.1 });
 * const step = await Program.record(device, {}, () => {
 *   const distance = affine(w, 1, -3);
 *   const loss = mul(distance, distance);
 *   adam.minimize(loss);
 *   return { loss };
 * });
 * for (let i = 0; i < 200; i++) {
 *   adam.rate = 0.1 * (1 - i / 200);
 *   await step.run({});
 * }
 * assert.equal(adam.step, 200);
 * const [value] = await w.read();
 * assert.ok(Math.abs(value! - 3) < 0.01);
 * step.destroy();
 * parameters.destroy();
 * device.destroy();
 * ```
 */
export class Adam extends Optimizer {
  /** Running means of the gradient and of its square. */
  readonly state: readonly string[] = ["first_moment", "second_moment"];

  /** Updates `parameters` in place. @throws {RangeError} when an option is out of its range. */
  constructor(
    parameters: ParameterSet,
    /** Options as given. */
    override readonly options: AdamOptions = {},
  ) {
    super(parameters, options, ["beta1", "beta2"]);
  }

  /**
   * Learning rate, betas, epsilon, weight decay, and both bias corrections of the step.
   *
   * Whatever beta1 was at each step so far, the weights of the gradients in the running mean sum to 1 minus the product
   * of all of them: this is the bias that is corrected.
   */
  numbers(step: number): number[] {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = this.options;
    const { momentum, from } = this.laterMomentum ?? { momentum: beta1, from: Infinity };
    const changed = Math.min(step, Math.max(0, step - from + 1));
    const product = beta1 ** (step - changed) * momentum ** changed;
    return [
      this.rate,
      changed > 0 ? momentum : beta1,
      beta2,
      epsilon,
      weightDecay,
      1 / (1 - product),
      1 / (1 - beta2 ** step),
    ];
  }

  /** @ignore */
  protected kernel(length4: number, form: OptimizerForm): Dispatch {
    return adam(length4, form);
  }
}
