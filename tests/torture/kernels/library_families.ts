/** Families of the ops that re-identification does not use, and that a library of tensors has. See families.ts. */
import * as engine from "../../../engine/mod.ts";
import { engineOps as ops } from "../../gradients/engine_ops.ts";
import type { Draw, Family } from "./random_program.ts";

/** Shape [N, H, W, C] of an image that is cheap to convolve. */
export function image(draw: Draw, channels = draw.size(40)): [number, number, number, number] {
  return [draw.size(3), draw.size(17), draw.size(17), channels];
}

/** By name. The short form of the torture runs every second family on the kernels for GPUs: new ones go to the end. */
export const LIBRARY_FAMILIES: Readonly<Record<string, Family>> = {
  selection: (draw) => {
    const shape = draw.shape();
    const narrowed = () => draw.tensor(shape.map((size) => draw.random.integer(3) === 0 ? 1 : size), 0.1, 2);
    const [a, b, c] = [draw.tensor([...shape], 0.1, 2), narrowed(), narrowed()];
    return draw.turn([
      () => ops.where(engine.less(a, b), b, c),
      () => ops.maximum(ops.minimum(a, b), c),
      () => ops.pow(a, b),
    ]);
  },
  extreme: (draw) => {
    const x = draw.tensor(draw.shape());
    const axes = [...x.shape.keys()].filter(() => draw.coin());
    const axis = draw.random.integer(x.shape.length);
    return draw.turn([
      () => draw.pick([ops.max, ops.min])(x, axes, { keepdims: draw.coin() }),
      () => ops.gather(x, engine.argmax(x, axis)),
    ]);
  },
  views: (draw) => {
    const x = draw.tensor(draw.shape());
    const axes = [...x.shape.keys()];
    const order = draw.coin() ? axes.toReversed() : [...axes.slice(1), 0];
    const chosen = axes.filter(() => draw.coin());
    return draw.turn([
      () => ops.permute(x, order),
      () => ops.flip(x, chosen),
      () => ops.pad(x, axes.map(() => [draw.random.integer(3), draw.random.integer(3)])),
      () => ops.stack([x, x], -1),
    ]);
  },
  "functions of rows": (draw) => {
    const x = draw.tensor(draw.shape());
    const axis = draw.random.integer(x.shape.length);
    const [gamma, beta] = [draw.tensor([x.shape.at(-1)!]), draw.tensor([x.shape.at(-1)!])];
    return draw.turn([
      () => ops.softmax(x, axis),
      () => ops.logSoftmax(x, -1),
      () => ops.layerNorm(x, gamma, beta),
    ]);
  },
  "batched product": (draw) => {
    const [m, k, n] = [draw.size(30), draw.size(30), draw.size(30)];
    const batch = [draw.size(3), draw.size(3)];
    const narrowed = batch.map((size) => draw.coin() ? size : 1);
    const [a, b] = [draw.tensor([...batch, m, k]), draw.tensor([...narrowed, k, n])];
    const matrix = draw.tensor([m, k]);
    return draw.turn([() => ops.matmul(a, b), () => ops.matmul(matrix, b)]);
  },
  "grouped convolution": (draw) => {
    const groups = draw.pick([2, 3]);
    const shape = image(draw, groups * draw.pick([4, 8]));
    const kernel = draw.pick([1, 3]);
    const [x, w] = [
      draw.tensor(shape),
      draw.tensor([kernel, kernel, shape[3] / groups, groups * draw.pick([4, 12])]),
    ];
    const dilation = draw.pick([1, 2]);
    return () => ops.conv2d(x, w, { groups, dilation, padding: "same", stride: draw.pick([1, 2]) });
  },
  "average pooling": (draw) => {
    const x = draw.tensor(image(draw));
    const size = draw.pick([1, 2, 3]);
    return () =>
      ops.averagePool2d(x, {
        size,
        stride: draw.pick([1, 2, 3]),
        padding: "same",
        countPadding: draw.coin(),
      });
  },
  integers: (draw) => {
    const x = draw.tensor(draw.shape(2));
    const [key, labels] = [draw.words([1], 1000), draw.words([x.shape[0]!], x.shape[1]!)];
    return () => ops.mul(ops.dropout(x, 0.3, key), ops.oneHot(labels, x.shape[1]!));
  },
};
