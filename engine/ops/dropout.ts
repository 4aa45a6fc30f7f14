/** Dropout, whose choice is a function of a key that the host gives. */
import { dropout as kernel, elementCount } from "../../kernels/mod.ts";
import { EngineError, ShapeError } from "../errors.ts";
import { activation, record, type Recorder, recorder } from "../recorder.ts";
import {
  asTensor,
  asUint32,
  constant,
  result,
  Tensor,
  type TensorLike,
  type Uint32Tensor,
} from "../tensor.ts";

const calls = new WeakMap<Recorder, number>();

/**
 * Sets elements to zero with probability `rate` and divides the others by 1 - rate. The choice depends on the key, an input
 * `u32([1])` that the host changes from run to run, on the call's place in the program, and on nothing else: the same key
 * drops the same elements again.
 *
 * @throws {EngineError} when the rate is not at least 0 and below 1, or the key is no Uint32Tensor.
 * @throws {ShapeError} when the key has more than one element.
 */
export function dropout(x: TensorLike, rate: number, key: Uint32Tensor): Tensor {
  if (!(rate >= 0 && rate < 1)) {
    throw new EngineError(`dropout() takes a rate of at least 0 and below 1; got ${rate}`);
  }
  if (elementCount(asUint32("dropout", "a key", key).shape) !== 1) {
    throw new ShapeError(`dropout() takes a key of one element; got [${key.shape}]`);
  }
  const input = asTensor(x);
  const stream = calls.get(recorder()) ?? 0;
  calls.set(recorder(), stream + 1);
  const parameters = constant([1 - rate, stream], [2], { uniform: true }).value;
  const dropped = (from: Tensor) => {
    const to = activation(from.shape);
    record(kernel(from.shape), { x: from.value, key: key.value, parameters, y: to });
    return to;
  };
  return result(
    [input],
    input.shape,
    dropped(input),
    (gradient) => [new Tensor(input.shape, dropped(gradient))],
  );
}
