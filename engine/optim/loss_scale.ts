/**
 * Dynamic loss scaling. Gradients stored as f16 vanish below 2^-24, so the backward pass starts from a scale instead of
 * 1, and the optimizer divides by it. All of it happens on the GPU; no step waits for the host.
 */
import { LOSS_SCALE_RULE, lossScale } from "../../kernels/mod.ts";
import { backward, type Gradients } from "../autograd.ts";
import { checkFinite, nonFiniteFlag } from "../debug/check_finite.ts";
import type { Parameter, ParameterSet } from "../parameter.ts";
import { reshape, slice } from "../ops/shape.ts";
import { record } from "../recorder.ts";
import { asTensor, type Tensor } from "../tensor.ts";

/** The first scale: far above 1, and three doublings below the greatest, so that a first step seldom overflows. */
const START = 2 ** 12;

/** Names of the numbers of {@link LossScale.state}, in order. */
export const LOSS_SCALE_STATE = ["scale", "goodSteps", "skippedSteps", "multiplier"] as const;

/**
 * The scale of a loss. A step in which any gradient is infinite or NaN is skipped as a whole, weights and moments, and
 * halves the scale; 500 good steps in a row double it. Micikevicius et al., "Mixed precision training", 2018.
 */
export class LossScale {
  /**
   * [4]: the scale of the next step, good steps in a row, steps skipped so far, and the multiplier of the latest step's
   * gradients: 1 / scale, or 0 if the step was skipped. It belongs to the set, so that checkpoints keep it.
   */
  readonly state: Parameter;

  /** Adds the state to a set that is not in use yet. Pass the result to the set's optimizer as `lossScale`. */
  constructor(set: ParameterSet) {
    this.state = set.add("loss_scale", [LOSS_SCALE_STATE.length], [START, 0, 0, 0], { trainable: false });
  }

  /**
   * Records the backward pass of a scalar loss times the scale, the check of all its gradients, and the next scale.
   *
   * @returns the gradients, whose use undoes the scale.
   * @throws {EngineError} as {@linkcode backward} does.
   */
  backward(loss: Tensor): Gradients {
    return this.check(this.scaled(loss));
  }

  /** The backward pass alone: of gradients that are summed over several runs, which {@linkcode LossScale.check} then takes. */
  scaled(loss: Tensor): Gradients {
    return backward(loss, reshape(slice(asTensor(this.state), 0, 0, 1), loss.shape));
  }

  /** Records the check of scaled gradients, and the next scale. @returns them; their use undoes the scale. */
  check(gradients: Gradients): Gradients {
    const nonFinite = nonFiniteFlag();
    for (const set of gradients.sets) checkFinite(set, "gradients", nonFinite);
    gradients.multiplier = asTensor(this.state);
    record(lossScale(LOSS_SCALE_RULE), { non_finite: nonFinite.value, scaling: gradients.multiplier.value });
    return gradients;
  }
}
