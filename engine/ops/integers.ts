/** Ops that turn unsigned integers into tensors. */
import { elementCount, toFloat as kernel } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { temporary } from "../recorder.ts";
import { asUint32, computed, constant, type Tensor, type Uint32Tensor } from "../tensor.ts";
import { equal } from "./elementwise.ts";
import { reshape } from "./shape.ts";

/** The same numbers as f32, exact up to 2^24. No gradient flows to them. */
export function toFloat(x: Uint32Tensor): Tensor {
  const { shape, value } = asUint32("toFloat", "integers", x);
  return computed(temporary(shape), kernel(shape), { x: value });
}

/**
 * 1 at the place that each label names, 0 elsewhere: [...] → [..., classes]. A label at or past `classes` gives zeros.
 *
 * @throws {ShapeError} when `classes` is no whole number from 1.
 */
export function oneHot(labels: Uint32Tensor, classes: number): Tensor {
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ShapeError(`oneHot() takes a whole number of classes from 1; got ${classes}`);
  }
  asUint32("oneHot", "labels", labels);
  const column = reshape(toFloat(labels), [elementCount(labels.shape), 1]);
  const hot = equal(column, constant(Float32Array.from({ length: classes }, (_, c) => c), [1, classes]));
  return reshape(hot, [...labels.shape, classes]);
}
