/** Pooling. */
import { globalAveragePool as forward, globalAveragePoolGradient } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { activation, record, temporary } from "../recorder.ts";
import { asTensor, result, Tensor, type TensorLike } from "../tensor.ts";

/** Mean over all pixels: [N, H, W, C] → [N, C]. @throws {ShapeError} when x is no image. */
export function globalAveragePool(x: TensorLike): Tensor {
  const image = asTensor(x);
  if (image.shape.length !== 4) {
    throw new ShapeError(`globalAveragePool() takes [N, H, W, C]; got [${image.shape}]`);
  }
  const [n, h, w, channels] = image.shape;
  const y = temporary([n, channels]);
  const loaded = image.load("x");
  record(forward(n, h * w, channels, loaded.map), { ...loaded.values, y });
  return result([image], [n, channels], y, (gradient) => {
    const dx = activation(image.shape);
    record(globalAveragePoolGradient(n, h * w, channels), { dy: gradient.value, dx });
    return [new Tensor(image.shape, dx)];
  });
}
