/** Rows for sums, means and pooling. */
import { elementCount } from "../../reference/tape.ts";
import { exactly, type GradientCase, gradientCase, normal, normalAround } from "./gradient_case.ts";

const reductions: [number[], number[] | undefined][] = [
  [[5], undefined],
  [[1], undefined],
  [[3, 7], undefined],
  [[3, 7], [0]],
  [[3, 7], [1]],
  [[4, 1], [1]],
  [[1, 1, 6], [0]],
  [[2, 3, 4, 5], [1, 2]],
  [[2, 3, 4, 5], [0, 1, 2]],
  [[2, 3, 4, 5], [3]],
  [[2, 3, 4, 5], [0, 3]],
  [[2, 3, 4, 5], undefined],
  [[513, 3], [0]],
  [[3, 515], [1]],
  [[1030], undefined],
  [[20000], undefined],
  [[2100, 9], [0]],
];

const sumsAndMeans: GradientCase[] = reductions.flatMap(([shape, axes]) => {
  const note = axes === undefined ? "over all axes" : `over axes ${axes.join(", ")}`;
  return [
    gradientCase("sum", [normal(shape)], (ops, [x]) => ops.sum(x, axes), { note }),
    gradientCase("mean", [normal(shape)], (ops, [x]) => ops.mean(x, axes), { note }),
  ];
});

const extremes: GradientCase[] = reductions.filter(([shape]) => elementCount(shape) < 1400).flatMap(
  ([shape, axes]) => {
    const note = axes === undefined ? "over all axes" : `over axes ${axes.join(", ")}`;
    return (["max", "min"] as const).flatMap((op) => [
      gradientCase(op, [spread(shape)], (ops, [x]) => ops[op](x, axes), { note }),
      gradientCase(op, [spread(shape, op === "max" ? -2 : 2)], (ops, [x]) => ops[op](x, axes), {
        note: `${note} beyond 0`, // Zeros that pad a row would be chosen.
      }),
    ]);
  },
);

/** Numbers at least 2e-3 apart, in no order, on one side of 0 where the offset is ±2. */
function spread(shape: readonly number[], offset = 0) {
  const count = elementCount(shape);
  const values = Array.from(
    { length: count },
    (_, i) => offset + ((i * 7919) % count + 0.5) / count * 3 - 1.5,
  );
  return exactly(shape, values);
}

const keptAxes: GradientCase[] = ([[-1], [-2, 0], [1], -1, undefined] as (number[] | number | undefined)[])
  .flatMap((axes) =>
    (["sum", "mean", "max", "min"] as const).map((op) =>
      gradientCase(op, [spread([3, 4, 5])], (ops, [x]) => ops[op](x, axes, { keepdims: true }), {
        note: `over ${Array.isArray(axes) ? `axes [${axes}]` : `axis ${axes ?? "all"}`}, kept`,
      })
    )
  );

const moreAxes: GradientCase[] = ([
  [[2, 3, 2, 2, 3], [1, 2]],
  [[2, 3, 2, 2, 3], [3, 4]],
  [[2, 2, 2, 1, 2, 5], [0, 1, 5]],
  [[2, 2, 2, 2, 2, 3], [2, 4]],
  [[2, 3, 2, 2, 2, 5], [1, 3, 5]],
] as const).flatMap(([shape, axes]) =>
  (["sum", "max"] as const).map((op) =>
    gradientCase(op, [spread(shape)], (ops, [x]) => ops[op](x, [...axes]), { note: `over axes ${axes}` })
  )
);

const ties: GradientCase[] = (["max", "min"] as const).map((op) =>
  gradientCase(op, [exactly([2, 5], [1, 3, 3, 0, 3, 2, 2, 2, 2, 2])], (ops, [x]) => ops[op](x, -1), {
    note: "of equal numbers",
    atKink: true,
  })
);

const pools: GradientCase[] = [
  [1, 1, 1, 1],
  [2, 3, 4, 5],
  [3, 1, 7, 8],
  [2, 8, 4, 24],
  [1, 5, 5, 3],
  [4, 4, 2, 33],
  [3, 8, 4, 160],
].map((shape) => gradientCase("globalAveragePool", [normal(shape)], (ops, [x]) => ops.globalAveragePool(x)));

/** Shape, window, stride, and pads at the top, bottom, left and right. */
const windows: [number[], number, number, [number, number, number, number]][] = [
  [[1, 1, 1, 1], 1, 1, [0, 0, 0, 0]],
  [[1, 1, 1, 3], 3, 2, [1, 1, 1, 1]],
  [[2, 8, 6, 8], 2, 2, [0, 0, 0, 0]],
  [[2, 7, 9, 5], 3, 2, [1, 1, 1, 1]],
  [[1, 9, 5, 6], 3, 1, [1, 1, 1, 1]],
  [[1, 5, 8, 4], 3, 2, [0, 1, 0, 1]],
  [[3, 1, 7, 7], 2, 1, [1, 0, 0, 1]],
  [[2, 11, 4, 2], 4, 3, [2, 3, 1, 0]],
  [[1, 9, 9, 3], 2, 3, [1, 0, 0, 1]],
  [[1, 6, 1, 9], 5, 1, [4, 2, 2, 3]],
];

const geometries = windows.map(([shape, size, stride, [top, bottom, left, right]]) => ({
  shape,
  geometry: { size, stride, padding: { top, bottom, left, right } },
  note: `size ${size} stride ${stride} pads ${[top, bottom, left, right]}`,
}));

const maxPools: GradientCase[] = [
  ...geometries.map(({ shape, geometry, note }) =>
    gradientCase("maxPool2d", [normal(shape)], (ops, [x]) => ops.maxPool2d(x, geometry), { note })
  ),
  // A pad that won would be the maximum of these.
  ...geometries.slice(3, 8).map(({ shape, geometry, note }) =>
    gradientCase("maxPool2d", [normalAround(-9, shape)], (ops, [x]) => ops.maxPool2d(x, geometry), {
      note: `${note} below 0`,
    })
  ),
  ...geometries.slice(2, 8).map(({ shape, geometry, note }) => {
    const values = Array.from({ length: elementCount(shape) }, (_, i) => i * 7 % 3);
    return gradientCase("maxPool2d", [exactly(shape, values)], (ops, [x]) => ops.maxPool2d(x, geometry), {
      note: `${note} with ties`,
      atKink: true,
    });
  }),
];

const averagePools: GradientCase[] = geometries.flatMap(({ shape, geometry, note }) =>
  [true, false].map((countPadding) =>
    gradientCase(
      "averagePool2d",
      [normal(shape)],
      (ops, [x]) => ops.averagePool2d(x, { ...geometry, countPadding }),
      {
        note: `${note} ${countPadding ? "with" : "without"} padding`,
      },
    )
  )
);

const poolDefaults: GradientCase[] = [
  gradientCase("maxPool2d", [normal([1, 6, 5, 3])], (ops, [x]) => ops.maxPool2d(x, { size: 2 }), {
    note: "by default",
  }),
  gradientCase("averagePool2d", [normal([1, 6, 5, 3])], (ops, [x]) => ops.averagePool2d(x, { size: 2 }), {
    note: "by default",
  }),
  gradientCase(
    "maxPool2d",
    [normal([1, 6, 5, 3])],
    (ops, [x]) => ops.maxPool2d(x, { size: 3, stride: 2, padding: "same" }),
    { note: "same" },
  ),
];

const compositions: GradientCase[] = [
  gradientCase("mean", [normal([6, 5])], (ops, [x]) => ops.mean(ops.mul(x, x), [0]), { note: "of squares" }),
  gradientCase("sum", [normal([6, 5])], (ops, [x]) => ops.sum(ops.mul(ops.sum(x, [0]), ops.mean(x, [0]))), {
    note: "times mean",
  }),
];

/** Rows for reductions. */
export const reductionCases: GradientCase[] = [
  ...averagePools,
  ...poolDefaults,
  ...sumsAndMeans,
  ...extremes,
  ...keptAxes,
  ...moreAxes,
  ...ties,
  ...pools,
  ...maxPools,
  ...compositions,
];
