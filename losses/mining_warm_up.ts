/** A loss that selects triplets, eased in by the mean over all triplets. */
import {
  add,
  affine,
  mul,
  perRun,
  reshape,
  scalars,
  type Tensor,
  type TripletResult,
  type Uint32Tensor,
} from "../engine/mod.ts";
import { batchAllTripletLoss } from "./batch_all.ts";
import type { TripletOptions } from "./triplet_options.ts";

/**
 * Mixes the batch-all triplet loss into the first steps of a training: w · selected + (1 - w) · batch-all, where w rises from
 * 0 to 1 over `steps`.
 *
 * The hardest triplets of a network that knows nothing yet are noise: their cheapest answer is to draw all embeddings
 * together, which holds the loss at the margin, in some runs for good. The mean over all active triplets does not. Schroff
 * et al., "FaceNet", 2015, name this collapse; Hermans et al., 2017, show such plateaus.
 */
export class MiningWarmUp {
  /** Steps done so far; set it before each run. */
  step = 0;

  /**
   * Begins at step 0.
   *
   * @throws {RangeError} unless `steps` is above 0.
   */
  constructor(
    /** Steps of the warm-up. */
    readonly steps: number,
  ) {
    if (!(steps > 0)) throw new RangeError(`A warm-up of mining takes more than 0 steps; got ${steps}`);
  }

  /** The weight of the selected triplets at the current step, from 0 to 1. */
  get share(): number {
    return Math.min(1, this.step / this.steps);
  }

  /**
   * Records the mixed loss of embeddings [B, D] and labels [B].
   *
   * @param selected the loss over selected triplets, of the same batch; its metrics stay.
   */
  apply(
    selected: TripletResult,
    embeddings: Tensor,
    labels: Uint32Tensor,
    options: TripletOptions,
  ): TripletResult {
    const share = reshape(perRun(scalars(1), () => [this.share]), []);
    const all = batchAllTripletLoss(embeddings, labels, options);
    const mixed = add(mul(selected.loss, share), mul(all.loss, affine(share, -1, 1)));
    return { loss: mixed, metrics: selected.metrics };
  }
}
