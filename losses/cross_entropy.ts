/** The loss of the identity head: which of the training identities is this? */
import {
  type CrossEntropyResult,
  softmaxCrossEntropy,
  type Tensor,
  type TensorLike,
  type Uint32Tensor,
} from "../engine/mod.ts";

/**
 * Softmax cross-entropy with label smoothing (none by default), and the share of images whose identity has the largest logit.
 *
 * Mean over rows of -sum_c q_c log softmax(logits)_c with q = (1 - smoothing) one-hot + smoothing / C.
 * Logits [B, C], labels [B] below C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision",
 * 2016; as an ID loss for re-identification Luo et al., "Bag of Tricks and a Strong Baseline", 2019.
 *
 * @throws {ShapeError} when there is not one label for every row of the logits.
 * @throws {RangeError} when smoothing is not from 0 to 1.
 */
export function identityLoss(
  logits: TensorLike,
  labels: Uint32Tensor,
  smoothing = 0,
): CrossEntropyResult {
  return softmaxCrossEntropy(logits, labels, smoothing);
}

/**
 * Softmax cross-entropy, the mean over the rows: logits [B, C], labels [B] below C → []. `smoothing`, 0 by default, is PyTorch's
 * `label_smoothing`. {@link identityLoss} gives the share of right rows as well.
 *
 * @throws {ShapeError} when there is not one label for every row of the logits.
 * @throws {RangeError} when smoothing is not from 0 to 1.
 */
export function crossEntropy(logits: TensorLike, labels: Uint32Tensor, smoothing = 0): Tensor {
  return softmaxCrossEntropy(logits, labels, smoothing).loss;
}
