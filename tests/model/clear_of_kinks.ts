/**
 * Weights and images for which every ReLU6 of a whole network stays clear of its kinks, so that f32 and f64 choose the
 * same side everywhere and their gradients may be compared to the last few digits.
 *
 * A network has 10^5 activations: no seed keeps all of them away from 0 and 6 by chance. But a channel has only some
 * thousand, and shifting its beta shifts all of them alike. So, layer after layer, each channel's beta is moved from
 * its draw to the nearest value that leaves both kinks in a gap between the channel's activations. On average about
 * half of the activations still lie on either side of a kink.
 */
import { batchStatistics } from "../reference/batch_norm.ts";
import { distanceToRelu6Kinks } from "../reference/elementwise.ts";
import type { Ops } from "../reference/ops.ts";
import { referenceOps } from "../reference/ops.ts";
import type { RefTensor } from "../reference/tape.ts";
import { shardsOf } from "./batch_norm_in_shards.ts";

/** Steps by which a beta is moved, and the farthest that one is moved. */
const STEP = 1e-3;
const FARTHEST = 3;

/**
 * The f64 reference, except that a batch norm with ReLU6 first moves its betas, in place, such that no activation comes
 * nearer than `clearance` to 0 or 6.
 *
 * @param ops whose batch norm normalizes as many `shards` separately.
 */
export function opsThatMoveBetas(
  clearance: number,
  ops: Ops<RefTensor, number[]> = referenceOps,
  shards = 1,
): Ops<RefTensor, number[]> {
  return {
    ...ops,
    batchNormTraining(x, gamma, beta, options) {
      if (options.relu6) moveBetas(shardsOf(x, shards), gamma, beta, options.epsilon, clearance);
      return ops.batchNormTraining(x, gamma, beta, options);
    },
  };
}

function moveBetas(
  parts: readonly RefTensor[],
  gamma: RefTensor,
  beta: RefTensor,
  epsilon: number,
  clearance: number,
): void {
  const statistics = parts.map(batchStatistics);
  const channels = gamma.data.length;
  for (let c = 0; c < channels; c++) {
    const scaled = parts.flatMap(({ data }, i) => {
      const { mean, variance } = statistics[i];
      const scale = gamma.data[c] / Math.sqrt(variance[c] + epsilon);
      return Array.from(
        { length: data.length / channels },
        (_, row) => (data[row * channels + c] - mean[c]) * scale,
      );
    });
    beta.data[c] = nearestClear(Float64Array.from(scaled), beta.data[c], clearance);
  }
}

/** The f32 nearest to `from`, in steps, that added to `values` leaves all of them clear of 0 and 6. */
function nearestClear(values: Float64Array, from: number, clearance: number): number {
  for (let distance = 0; distance <= FARTHEST; distance += STEP) {
    for (const shift of [Math.fround(from + distance), Math.fround(from - distance)]) {
      if (values.every((v) => distanceToRelu6Kinks(v + shift) >= clearance)) return shift;
    }
  }
  throw new Error(
    `No offset within ${FARTHEST} of ${from} keeps ${values.length} values clear of ReLU6's kinks`,
  );
}
