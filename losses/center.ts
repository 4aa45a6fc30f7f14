/** The center loss: features of one person gather around a point that follows them. */
import {
  affine,
  gather,
  moveCenters,
  mul,
  type Parameter,
  type ParameterSet,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  type Uint32Tensor,
} from "../engine/mod.ts";

/** How far a step moves a center: the paper's alpha. */
const CENTER_RATE = 0.5;

/**
 * Half the sum over images of |x - c|², where c is the center of the image's identity; no gradient flows into the
 * centers where they are not trainable. Features [B, D], centers [C, D], labels [B] below C → [].
 *
 * Wen, Zhang, Li and Qiao, "A Discriminative Feature Learning Approach for Deep Face Recognition", 2016, equation 2: a
 * sum and not a mean, as also in Luo et al., "Bag of Tricks and a Strong Baseline", 2019, who weigh it by 0.0005.
 *
 * @throws {ShapeError} when the shapes do not fit.
 */
export function centerLoss(features: Tensor, centers: TensorLike, labels: Uint32Tensor): Tensor {
  const differences = sub(features, gather(centers, labels));
  return affine(sum(mul(differences, differences)), 0.5, 0);
}

/** {@link centerLoss} with the centers that it needs: state of a parameter set, so that checkpoints keep it. */
export class CenterLoss {
  /** [identities, D], at first 0; not trainable. */
  readonly centers: Parameter;

  /** Adds `centers` to a set that is not in use yet. */
  constructor(
    set: ParameterSet,
    /** C. */
    readonly identities: number,
    /** D. */
    readonly size: number,
  ) {
    const zeros = new Float32Array(identities * size);
    this.centers = set.add("centers", [identities, size], zeros, { trainable: false });
  }

  /**
   * The loss [] of features [B, D] with labels [B]; then every center moves by half the sum over its images of x - c,
   * divided by their number and one more (equation 4, alpha 0.5). As running statistics do, centers move in a step too
   * whose gradients overflow.
   *
   * @throws {ShapeError} when the shapes do not fit.
   */
  apply(features: Tensor, labels: Uint32Tensor): Tensor {
    const loss = centerLoss(features, this.centers, labels);
    moveCenters(this.centers, features, labels, CENTER_RATE);
    return loss;
  }
}
