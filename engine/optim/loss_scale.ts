/**
 * Dynamic loss scaling: gradients stored as f16 vanish below 2^-24, so the backward pass starts from a scale in place
 * of 1, and the optimizer divides by it. All of it happens on the GPU; no step waits for the host.
 */
import { countBroken, LOSS_SCALE_RULE, lossScale, vec4s } from "../../kernels/mod.ts";
import type { Parameter, ParameterSet } from "../parameter.ts";
import { reshape, slice } from "../ops/shape.ts";
import { record, recorder, temporary } from "../recorder.ts";
import { asTensor, type Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";

/** The first scale: far above 1, and three doublings below the most, so that a first step seldom overflows. */
const START = 2 ** 12;

/** Names of the numbers of {@link LossScale.state}, in order. */
export const LOSS_SCALE_STATE = ["scale", "goodSteps", "skippedSteps", "factor"] as const;

/**
 * The scale of a set's loss. A step in which any gradient is infinite or NaN is skipped as a whole, weights and moments,
 * and halves the scale; 500 good steps in a row double it. Micikevicius et al., "Mixed precision training", 2018.
 */
export class LossScale {
  /**
   * [4]: the scale of the next step, good steps in a row, steps skipped so far, and what the latest step's gradients
   * were multiplied by, 1 / scale or 0 where it was skipped. Lies in the set, so that checkpoints keep it.
   */
  readonly state: Parameter;

  /** Adds the state to a set that is not in use yet; the set's optimizer takes it as `lossScale`. */
  constructor(set: ParameterSet) {
    this.state = set.add("loss_scale", [LOSS_SCALE_STATE.length], [START, 0, 0, 0], { trainable: false });
  }

  /** The scale as a tensor of one element of that shape: where the backward pass starts. */
  factor(shape: readonly number[]): Tensor {
    return reshape(slice(asTensor(this.state), 0, 0, 1), shape);
  }

  /** Records the search for gradients that are not finite and the next scale. Returns {@link state} from then on. */
  judge(gradients: Value): Value {
    const length4 = vec4s(gradients.shape);
    const threads = Math.min(recorder().device.target.parallelism, length4);
    const broken = temporary([threads, 4]);
    const scaling = asTensor(this.state).value;
    record(countBroken(length4, threads), { x: gradients, broken });
    record(lossScale(threads, LOSS_SCALE_RULE), { broken, scaling });
    return scaling;
  }
}
