/** MobileNetV2's convolutions where most of its time goes: early, middle and late layers. */
import {
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  depthwiseConv,
  depthwiseConvGradients,
  depthwiseConvInputGradient,
  depthwiseConvWeightGradient,
  type Dispatch,
  lastAxis,
  matmul,
  matmulTransposed,
  matmulWeightGradient,
  outputSize,
  type Prologue,
  samePads,
  sumAllSlices,
  sumSlices,
  type Target,
} from "../../kernels/mod.ts";
import { type BenchRow, inBuffer, row } from "../row.ts";

/** Width 1 on 16 images of 256×128, then width 0.5 on 32 images of 128×64. */
export function convolutionRows(target: Target): BenchRow[] {
  const pointwiseRows = (layer: string, m: number, k: number, n: number, map: Prologue = "none") =>
    pointwise(layer, { m, k, n }, map, target);
  const depthwiseRows = (layer: string, image: number[], stride: number) =>
    depthwise(layer, image, stride, target);
  return [
    ...stem("stem", [16, 256, 128, 3], 32, target),
    ...pointwiseRows("block 2 expand", 131072, 16, 96),
    ...depthwiseRows("block 2", [16, 128, 64, 96], 2),
    ...pointwiseRows("block 2 project", 32768, 96, 24, "affine-relu6"),
    ...depthwiseRows("block 3", [16, 64, 32, 144], 1),
    ...pointwiseRows("block 8 expand", 2048, 64, 384),
    ...depthwiseRows("block 8", [16, 16, 8, 384], 1),
    ...pointwiseRows("block 8 project", 2048, 384, 64, "affine-relu6"),
    ...depthwiseRows("block 14", [16, 16, 8, 576], 2),
    ...pointwiseRows("block 15 expand", 512, 160, 960),
    ...depthwiseRows("block 15", [16, 8, 4, 960], 1),
    ...pointwiseRows("last", 512, 320, 1280),
    ...stem("0.5 stem", [32, 128, 64, 3], 16, target),
    ...pointwiseRows("0.5 block 2 expand", 65536, 8, 48),
    ...depthwiseRows("0.5 block 2", [32, 64, 32, 48], 2),
    ...depthwiseRows("0.5 block 3", [32, 32, 16, 96], 1),
    ...pointwiseRows("0.5 block 15 expand", 256, 80, 480),
    ...depthwiseRows("0.5 block 15", [32, 4, 2, 480], 1),
    gradientsOfBlock(),
    row("block 2 weights 16×96", sumSlices(64, 16 * 24, target), { partial: [64, 16, 96], y: [16, 96] }),
  ];
}

/** A pointwise convolution over m pixels and its two gradients. */
function pointwise(
  layer: string,
  shape: { m: number; k: number; n: number },
  map: Prologue,
  target: Target,
): BenchRow[] {
  const { m, k, n } = shape;
  const name = `${layer} ${m}×${k}×${n}`;
  const x = { x: [m, k], x_coefficients: [2, k] };
  const { dispatch, slices } = matmulWeightGradient(shape, target, map);
  return [
    withStatistics(name, matmul(shape, target, map), { ...x, w: [k, n], y: [m, n] }),
    withGradientSums(name, matmulTransposed({ m, k: n, n: k }, target), [m, k], {
      x: [m, n],
      w: [k, n],
      y: [m, k],
    }),
    row(name, dispatch, { ...x, dy: [m, n], dw: [slices, k, n] }),
  ];
}

/** A convolution as a batch norm follows in training. */
function withStatistics(
  name: string,
  plain: Dispatch,
  operands: Readonly<Record<string, readonly number[]>> & { y: readonly number[] },
): BenchRow {
  const { dispatch, slices } = plain.withStatistics?.() ?? { dispatch: plain, slices: 0 };
  const statistics = [2 * slices, lastAxis(operands.y)];
  return row(name, dispatch, { ...operands, ...(slices > 0 && { statistics }) });
}

/** A convolution's gradients where its input is what a batch norm and ReLU6 made of `norm`. */
function withGradientSums(
  name: string,
  plain: Dispatch,
  norm: readonly number[],
  operands: Readonly<Record<string, readonly number[]>>,
): BenchRow {
  const { dispatch, slices } = plain.withGradientSums?.(true) ?? { dispatch: plain, slices: 0 };
  const perChannel = [2, lastAxis(norm)];
  return row(name, dispatch, {
    ...operands,
    norm,
    norm_coefficients: perChannel,
    moments: perChannel,
    statistics: [2 * slices, lastAxis(norm)],
  });
}

/** A depthwise convolution, its input normalized on load, and its two gradients. */
function depthwise(layer: string, image: number[], stride: number, target: Target): BenchRow[] {
  const [n, h, w, channels] = image;
  const shape = { n, h, w, kh: 3, kw: 3, stride, pads: samePads(h, w, 3, stride), channels };
  const { oh, ow } = outputSize(shape);
  const name = `${layer} ${image.join("×")} /${stride}`;
  const x = { x: image, x_coefficients: [2, channels] };
  const y = [n, oh, ow, channels];
  const weight = [3, 3, channels];
  const { dispatch, slices } = depthwiseConvWeightGradient(shape, target, "affine-relu6");
  const both = depthwiseConvGradients(shape, target, "affine-relu6", "none");
  return [
    withStatistics(name, depthwiseConv(shape, target, "affine-relu6"), { ...x, w: weight, y }),
    row(name, depthwiseConvInputGradient(shape, target), { dy: y, w: weight, dx: image }),
    row(name, dispatch, { ...x, dy: y, dw: [slices, ...weight] }),
    ...(target.adapterClass === "gpu"
      ? [withGradientSums(name, both.dispatch, image, {
        ...x,
        dy: y,
        w: weight,
        dx: image,
        dw: [both.slices, ...weight],
      })]
      : []),
  ];
}

/** The slices of the weights' gradients of a block, added at once as on GPUs. */
function gradientsOfBlock(): BenchRow {
  let [from, to] = [0, 0];
  const results = [[338, 16 * 24], [1338, 9 * 24], [432, 96 * 6]].map(([slices = 0, length = 0]) => {
    const result = { from, slices, length, to };
    [from, to] = [from + slices * length, to + length];
    return result;
  });
  const { dispatch, jobs } = sumAllSlices(results);
  return row("block 2 weights", dispatch, {
    partial: inBuffer([from, 4]),
    jobs: { shape: [jobs.length], values: Uint32Array.from(jobs) },
    y: inBuffer([to, 4]),
  });
}

/** The stem and its gradients; training needs that of the weights only. */
function stem(layer: string, image: number[], cout: number, target: Target): BenchRow[] {
  const [n, h, w, cin] = image;
  const shape = { n, h, w, kh: 3, kw: 3, stride: 2, pads: samePads(h, w, 3, 2), cin, cout };
  const { oh, ow } = outputSize(shape);
  const name = `${layer} ${image.join("×")}→${cout}`;
  const weight = [3, 3, cin, cout];
  const y = [n, oh, ow, cout];
  const { dispatch, slices } = conv2dWeightGradient(shape, target);
  return [
    row(name, conv2d(shape), { x: image, w: weight, y }),
    row(name, conv2dInputGradient(shape), { dy: y, w: weight, dx: image }),
    row(name, dispatch, { x: image, dy: y, dw: [slices, ...weight] }),
  ];
}
