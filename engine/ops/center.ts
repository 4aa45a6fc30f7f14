/** Centers of identities, which follow their images' features without a gradient. */
import { centerUpdate } from "../../kernels/mod.ts";
import type { Parameter } from "../parameter.ts";
import { record } from "../recorder.ts";
import { asTensor, type Tensor, type Uint32Tensor } from "../tensor.ts";
import { sizesOf } from "./sizes.ts";

/**
 * Moves the center of every identity in a batch toward the mean of its features, in place: by
 * rate · sum_i (x_i - c) / (1 + number of its images). Record readers of the old centers before.
 *
 * centers [C, D], not trainable; features [B, D], labels [B] below C. Wen, Zhang, Li and Qiao, 2016, equation 4.
 *
 * @throws {ShapeError} when the shapes do not fit. A run throws a RangeError for labels of the host that are not below C.
 */
export function moveCenters(centers: Parameter, features: Tensor, labels: Uint32Tensor, rate: number): void {
  const { B, C, D } = sizesOf("moveCenters", {
    centers: [centers, "C D"],
    features: [features, "B D"],
    labels: [labels, "B"],
  });
  labels.requireBelow(C, "moveCenters");
  record(centerUpdate({ rows: B, d: D, identities: C, rate }), {
    x: features.value,
    labels: labels.value,
    centers: asTensor(centers).value,
  });
}
