/** Softmax cross-entropy. */
import {
  CROSS_ENTROPY_METRICS,
  crossEntropyGradient,
  crossEntropyRows,
  crossEntropyTotal,
} from "../../kernels/mod.ts";
import { record, temporary } from "../recorder.ts";
import {
  asTensor,
  asUint32,
  computed,
  result,
  Tensor,
  type TensorLike,
  type Uint32Tensor,
} from "../tensor.ts";
import { sizesOf } from "./sizes.ts";

/** A classification loss and its metrics. */
export interface CrossEntropyResult {
  /** [], for backward(). */
  readonly loss: Tensor;
  /** [2], in the order of `CROSS_ENTROPY_METRICS`: the loss, and the share of rows classified right. */
  readonly metrics: Tensor;
}

/**
 * Mean over rows of -sum_c q_c log softmax(logits)_c with q = (1 - smoothing) one-hot + smoothing / C.
 *
 * logits [B, C], labels [B] below C. A row counts as right where its label's logit is above every other (a tie is
 * wrong). Label smoothing: Szegedy et al., 2016.
 *
 * @throws {ShapeError} when there is not one label for every row.
 * @throws {RangeError} when smoothing is not from 0 to 1. A run throws it for labels of the host that are not below C.
 */
export function softmaxCrossEntropy(
  logits: TensorLike,
  labels: Uint32Tensor,
  smoothing = 0,
): CrossEntropyResult {
  const z = asTensor(logits);
  const { B, C } = sizesOf("softmaxCrossEntropy", {
    logits: [z, "B C"],
    labels: [asUint32("softmaxCrossEntropy", "labels", labels), "B"],
  });
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw new RangeError(`Label smoothing is a share of the target, from 0 to 1; got ${smoothing}`);
  }
  labels.requireBelow(C, "softmaxCrossEntropy");
  const shape = { rows: B, classes: C, smoothing };
  const values = { logits: z.value, labels: labels.value };
  const { value: rows } = computed(temporary([B, 4]), crossEntropyRows(shape), values);
  const loss = temporary([]);
  const metrics = temporary([CROSS_ENTROPY_METRICS.length]);
  record(crossEntropyTotal(B), { rows, loss, metrics });
  const differentiable = result([z], [], loss, (gradient) => [
    computed(temporary(z.shape), crossEntropyGradient(shape), { ...values, rows, dloss: gradient.value }),
  ]);
  return { loss: differentiable, metrics: new Tensor([CROSS_ENTROPY_METRICS.length], metrics) };
}
