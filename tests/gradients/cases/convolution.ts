/** Rows for the stem's convolution and the depthwise convolution: strides, borders, odd sizes, channel counts. */
import { sameGeometry, symmetricGeometry } from "../../reference/conv_geometry.ts";
import type { Conv2dOptions, ConvGeometry } from "../../reference/ops.ts";
import { type GradientCase, gradientCase, normal, weight } from "./gradient_case.ts";

type Padding = "SAME" | "symmetric 1" | "VALID";

function geometryOf(
  padding: Padding,
  height: number,
  width: number,
  stride: number,
  kernel: number,
): ConvGeometry {
  switch (padding) {
    case "SAME":
      return sameGeometry(height, width, stride, kernel);
    case "symmetric 1":
      return symmetricGeometry(stride, 1);
    case "VALID":
      return symmetricGeometry(stride, 0);
  }
}

/** [N, H, W, Cin, Cout, kernel, stride, padding] */
type ConvRow = [number, number, number, number, number, number, number, Padding];

const convolutions: GradientCase[] = ([
  [1, 8, 4, 3, 8, 3, 2, "SAME"],
  [2, 9, 5, 3, 16, 3, 2, "SAME"],
  [2, 7, 6, 3, 5, 3, 2, "SAME"],
  [1, 8, 4, 3, 8, 3, 2, "symmetric 1"],
  [2, 9, 5, 3, 7, 3, 2, "symmetric 1"],
  [1, 5, 5, 3, 4, 3, 1, "SAME"],
  [1, 6, 4, 1, 2, 3, 1, "symmetric 1"],
  [2, 5, 7, 4, 3, 3, 1, "VALID"],
  [1, 16, 8, 3, 32, 3, 2, "SAME"],
  [1, 1, 1, 3, 5, 3, 2, "SAME"],
  [1, 4, 6, 5, 3, 1, 1, "SAME"],
  [1, 8, 7, 2, 4, 5, 2, "SAME"],
  [2, 2, 3, 3, 24, 3, 2, "symmetric 1"],
  [1, 32, 16, 3, 16, 3, 2, "SAME"],
  [3, 33, 15, 3, 24, 3, 2, "SAME"],
] as ConvRow[]).map(([n, h, w, cin, cout, kernel, stride, padding]) => {
  const geometry = geometryOf(padding, h, w, stride, kernel);
  return gradientCase(
    "conv2d",
    [normal([n, h, w, cin]), weight([kernel, kernel, cin, cout], kernel * kernel * cin)],
    (ops, [x, k]) => ops.conv2d(x, k, geometry),
    { note: `stride ${stride} ${padding}` },
  );
});

/** [N, H, W, Cin, Cout, kernel height and width], options */
const options: GradientCase[] = ([
  [[1, 7, 6, 3, 5, 3, 3], { dilation: 2, padding: "same" }],
  [[2, 9, 5, 4, 3, 3, 2], { dilation: 3, stride: 2, padding: 2 }],
  [[1, 5, 9, 2, 6, 1, 5], { padding: { top: 0, bottom: 0, left: 4, right: 0 } }],
  [[1, 6, 6, 3, 4, 3, 3], {}],
  [[1, 8, 7, 6, 4, 5, 5], { padding: "same", stride: 3 }],
  [[2, 5, 4, 8, 8, 3, 3], { groups: 2, padding: 1 }],
  [[1, 6, 5, 12, 24, 3, 3], { groups: 3, padding: "same", stride: 2 }],
  [[1, 5, 5, 16, 8, 1, 1], { groups: 2 }],
  [[1, 6, 7, 32, 32, 3, 3], { groups: 8, dilation: 2, padding: "same" }],
  [[1, 5, 4, 6, 9, 3, 3], { groups: 3, padding: 1 }],
  [[2, 6, 5, 5, 5, 3, 3], { groups: 5, padding: "same" }],
  [[1, 6, 5, 5, 10, 3, 3], { groups: 5, padding: 1 }],
  [[1, 9, 8, 6, 6, 5, 5], { groups: 6, padding: "same", stride: 2 }],
] as [number[], Conv2dOptions][]).flatMap(([[n, h, w, cin, cout, kh, kw], given]) => {
  const inputs = [normal([n, h, w, cin]), weight([kh, kw, cin / (given.groups ?? 1), cout], kh * kw * cin)];
  const note = JSON.stringify(given);
  return [
    gradientCase("conv2d", inputs, (ops, [x, k]) => ops.conv2d(x, k, given), { note }),
    gradientCase(
      "conv2d",
      [...inputs, normal([cout])],
      (ops, [x, k, bias]) => ops.conv2d(x, k, { ...given, bias }),
      {
        note: `${note} with bias`,
      },
    ),
  ];
});

const biases: GradientCase[] = [
  gradientCase(
    "depthwiseConv",
    [normal([2, 5, 4, 6]), weight([3, 3, 6], 9), normal([6])],
    (ops, [x, k, bias]) => ops.depthwiseConv(x, k, { padding: 1, bias }),
    { note: "with bias" },
  ),
  gradientCase(
    "pointwiseConv",
    [normal([2, 3, 4, 6]), weight([6, 9], 6), normal([9])],
    (ops, [x, k, bias]) => ops.pointwiseConv(x, k, { bias }),
    { note: "with bias" },
  ),
];

/** [N, H, W, C, stride, padding] */
type DepthwiseRow = [number, number, number, number, number, Padding];

const depthwise: GradientCase[] = ([
  [1, 4, 4, 1, 1, "SAME"],
  [2, 5, 4, 2, 1, "SAME"],
  [1, 7, 5, 3, 1, "SAME"],
  [2, 8, 4, 4, 1, "SAME"],
  [1, 6, 7, 5, 1, "SAME"],
  [2, 3, 9, 7, 1, "SAME"],
  [1, 8, 4, 8, 1, "SAME"],
  [2, 9, 6, 16, 1, "SAME"],
  [1, 4, 2, 24, 1, "SAME"],
  [2, 8, 8, 32, 1, "SAME"],
  [1, 1, 1, 6, 1, "SAME"],
  [1, 1, 5, 3, 1, "SAME"],
  [1, 4, 4, 1, 2, "SAME"],
  [2, 5, 4, 2, 2, "SAME"],
  [1, 7, 5, 3, 2, "SAME"],
  [2, 8, 4, 4, 2, "SAME"],
  [1, 6, 7, 5, 2, "SAME"],
  [2, 3, 9, 7, 2, "SAME"],
  [1, 8, 4, 8, 2, "SAME"],
  [2, 9, 6, 16, 2, "SAME"],
  [1, 4, 2, 24, 2, "SAME"],
  [2, 8, 8, 32, 2, "SAME"],
  [1, 1, 1, 6, 2, "SAME"],
  [1, 2, 2, 4, 2, "SAME"],
  [2, 8, 4, 4, 2, "symmetric 1"],
  [2, 9, 6, 16, 2, "symmetric 1"],
  [1, 7, 5, 3, 2, "symmetric 1"],
  [1, 5, 8, 12, 2, "symmetric 1"],
  [1, 5, 6, 7, 1, "VALID"],
  [1, 7, 6, 8, 2, "VALID"],
  [1, 3, 3, 4, 1, "VALID"],
  [1, 17, 13, 4, 1, "SAME"],
  [1, 17, 13, 4, 2, "SAME"],
  [2, 16, 12, 48, 1, "SAME"],
  [2, 16, 12, 48, 2, "SAME"],
] as DepthwiseRow[]).map(([n, h, w, c, stride, padding]) => {
  const geometry = geometryOf(padding, h, w, stride, 3);
  return gradientCase(
    "depthwiseConv",
    [normal([n, h, w, c]), weight([3, 3, c], 9)],
    (ops, [x, k]) => ops.depthwiseConv(x, k, geometry),
    { note: `stride ${stride} ${padding}` },
  );
});

/** Padding that differs on all four sides. */
const lopsided: ConvGeometry = { stride: 2, padding: { top: 0, bottom: 2, left: 1, right: 0 } };

const uneven: GradientCase[] = [
  gradientCase(
    "conv2d",
    [normal([1, 6, 5, 3]), weight([3, 3, 3, 6], 27)],
    (ops, [x, k]) => ops.conv2d(x, k, lopsided),
    { note: "four different pads" },
  ),
  gradientCase(
    "conv2d",
    [normal([1, 6, 5, 2]), weight([3, 2, 2, 5], 12)],
    (ops, [x, k]) => ops.conv2d(x, k, lopsided),
    { note: "a kernel that is no square" },
  ),
  gradientCase(
    "depthwiseConv",
    [normal([1, 6, 5, 6]), weight([3, 3, 6], 9)],
    (ops, [x, k]) => ops.depthwiseConv(x, k, lopsided),
    { note: "four different pads" },
  ),
];

/** Rows for convolutions with a window. */
export const convolutionCases: GradientCase[] = [
  ...options,
  ...biases,
  ...convolutions,
  ...depthwise,
  ...uneven,
];
