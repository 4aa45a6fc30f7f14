/** Pooling. */
import { globalAveragePool as forward, globalAveragePoolGradient } from "../../kernels/mod.ts";
import { activation, record, temporary } from "../recorder.ts";
import { asTensor, result, Tensor, type TensorLike } from "../tensor.ts";
import { sizesOf } from "./sizes.ts";

/** Mean over all pixels: [N, H, W, C] → [N, C]. @throws {ShapeError} when x is no image. */
export function globalAveragePool(x: TensorLike): Tensor {
  const image = asTensor(x);
  const { N, H, W, C } = sizesOf("globalAveragePool", { x: [image, "N H W C"] });
  const y = temporary([N, C]);
  const loaded = image.load("x");
  record(forward(N, H * W, C, loaded.map), { ...loaded.values, y });
  return result([image], [N, C], y, (gradient) => {
    const dx = activation(image.shape);
    record(globalAveragePoolGradient(N, H * W, C), { dy: gradient.value, dx });
    return [new Tensor(image.shape, dx)];
  });
}
