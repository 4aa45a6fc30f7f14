/** Rows for ops that move elements: reshape, slice, gather, concat. */
import { type GradientCase, gradientCase, normal } from "./gradient_case.ts";

const reshapes: GradientCase[] = ([
  [[12], [3, 4]],
  [[3, 4], [2, 6]],
  [[2, 3, 5], [5, 6]],
  [[2, 3, 4, 8], [6, 32]],
  [[5, 3], [3, 5]],
  [[6, 7], [2, 3, 7]],
  [[1, 1, 9], [9]],
  [[1], []],
  [[90, 35], [45, 70]],
] as [number[], number[]][]).map(([from, to]) =>
  gradientCase("reshape", [normal(from)], (ops, [x]) => ops.reshape(x, to), { note: `to [${to.join(",")}]` })
);

const slices: GradientCase[] = ([
  [[9], 0, 2, 7],
  [[9], 0, 0, 9],
  [[5, 7], 0, 4, 5],
  [[5, 7], 1, 1, 6],
  [[4, 8], 1, 4, 8],
  [[2, 3, 4, 5], 1, 1, 3],
  [[2, 3, 4, 5], 2, 0, 1],
  [[2, 3, 4, 5], 3, 2, 5],
  [[6, 3, 5], 0, 1, 4],
  [[3, 33], 1, 15, 18],
  [[40, 9, 33], 2, 1, 32],
] as [number[], number, number, number][]).map(([shape, axis, start, end]) =>
  gradientCase("slice", [normal(shape)], (ops, [x]) => ops.slice(x, axis, start, end), {
    note: `axis ${axis} from ${start} to ${end}`,
  })
);

const gathers: GradientCase[] = ([
  [[5, 7], [4, 0, 2]],
  [[5, 7], [1, 1, 1, 3]],
  [[8, 4], [7, 6, 5, 4, 3, 2, 1, 0]],
  [[1, 3], [0, 0]],
  [[6], [5, 0, 5, 2]],
  [[4, 2, 3], [3, 1]],
  [[3, 2, 2, 5], [2, 0, 2]],
  [[40, 9], [39, 0, 17, 17, 3, 21]],
] as [number[], number[]][]).map(([shape, rows]) =>
  gradientCase("gather", [normal(shape)], (ops, [x], [index]) => ops.gather(x, index), {
    note: `rows ${rows.join(", ")}`,
    indices: [rows],
  })
);

const concats: GradientCase[] = ([
  [[[3], [4]], 0],
  [[[2, 5], [3, 5]], 0],
  [[[3, 2], [3, 5]], 1],
  [[[4, 4], [4, 8]], 1],
  [[[2, 3, 4], [2, 1, 4], [2, 2, 4]], 1],
  [[[1, 2, 3, 5], [1, 2, 3, 7]], 3],
  [[[2, 2, 3, 4], [1, 2, 3, 4]], 0],
  [[[3, 1], [3, 1], [3, 1]], 1],
  [[[60, 33], [60, 41]], 1],
] as [number[][], number][]).map(([shapes, axis]) =>
  gradientCase("concat", shapes.map((shape) => normal(shape)), (ops, parts) => ops.concat(parts, axis), {
    note: `along axis ${axis}`,
  })
);

const permutations: GradientCase[] = ([
  [[3, 5], undefined],
  [[7], undefined],
  [[2, 3, 4], [1, 0, 2]],
  [[2, 3, 4], [2, 0, 1]],
  [[2, 3, 4, 5], [0, 2, 1, 3]],
  [[2, 3, 4, 5], [0, 3, 1, 2]],
  [[2, 3, 4, 5], [-1, -2, 0, 1]],
  [[2, 6, 3, 33], [1, 3, 0, 2]],
  [[1, 4, 1, 8], [3, 0, 2, 1]],
  [[2, 2, 3, 2, 5], [0, 3, 1, 2, 4]],
  [[2, 2, 3, 2, 2, 5], [4, 5, 2, 3, 0, 1]],
  [[2, 2, 3, 2, 3, 4], [0, 1, 3, 2, 4, 5]],
  [[2, 2, 3, 2, 3, 3], [0, 1, 3, 2, 4, 5]],
] as [number[], number[] | undefined][]).map(([shape, axes]) =>
  gradientCase("permute", [normal(shape)], (ops, [x]) => ops.permute(x, axes), { note: `to axes ${axes}` })
);

const expansions: GradientCase[] = ([
  [[1], [5]],
  [[], [2, 3]],
  [[4, 1], [4, 6]],
  [[3, 1, 5], [3, 2, 5]],
  [[5], [2, 3, 5]],
  [[2, 1, 4, 1], [2, 3, 4, 7]],
  [[3, 5], [3, 5]],
  [[1, 2, 1, 1, 3], [2, 2, 2, 2, 3]],
  [[2, 2, 1, 2, 1, 3], [2, 2, 2, 2, 2, 3]],
  [[2, 1, 2, 1, 2, 1], [2, 3, 2, 2, 2, 5]],
  [[1, 3, 1], [2, -1, -1, 5]],
] as [number[], number[]][]).map(([from, to]) =>
  gradientCase("expand", [normal(from)], (ops, [x]) => ops.expand(x, to), { note: `to [${to.join(",")}]` })
);

const flips: GradientCase[] = ([
  [[7], 0],
  [[3, 5], 1],
  [[3, 5], [0]],
  [[2, 3, 4], [-1, 0]],
  [[2, 3, 2, 8], [1, 2]],
  [[2, 3, 2, 9], [0, 1, 2, 3]],
] as [number[], number | number[]][]).map(([shape, axes]) =>
  gradientCase("flip", [normal(shape)], (ops, [x]) => ops.flip(x, axes), { note: `axes ${axes}` })
);

const pads: GradientCase[] = ([
  [[5], [[2, 1]], 0],
  [[3, 5], [[0, 0], [1, 3]], 0],
  [[3, 5], [[2, 0], [0, 2]], -1.5],
  [[2, 3, 4], [[1, 1], [0, 0], [3, 2]], 0.5],
  [[2, 3, 2, 8], [[0, 0], [1, 1], [1, 1], [0, 0]], 0],
] as [number[], [number, number][], number][]).map(([shape, pads, value]) =>
  gradientCase("pad", [normal(shape)], (ops, [x]) => ops.pad(x, pads, value), {
    note: `${pads.join(" ")} of ${value}`,
  })
);

const stacks: GradientCase[] = ([
  [[], 2, 0],
  [[3], 3, 0],
  [[3], 2, -1],
  [[2, 5], 3, 1],
  [[2, 5], 3, -1],
  [[2, 3, 4], 2, 0],
] as [number[], number, number][]).map(([shape, count, axis]) =>
  gradientCase("stack", new Array(count).fill(normal(shape)), (ops, parts) => ops.stack(parts, axis), {
    note: `along axis ${axis}`,
  })
);

const fromTheEnd: GradientCase[] = [
  gradientCase("reshape", [normal([2, 3, 4])], (ops, [x]) => ops.reshape(x, [-1, 6]), {
    note: "to what is left",
  }),
  gradientCase("slice", [normal([4, 7])], (ops, [x]) => ops.slice(x, -1, 2, 5), { note: "of the last axis" }),
  gradientCase("concat", [normal([4, 7]), normal([4, 2])], (ops, parts) => ops.concat(parts, -1), {
    note: "along the last axis",
  }),
];

const compositions: GradientCase[] = [
  gradientCase("concat", [normal([4, 3])], (ops, [x]) => ops.concat([x, ops.mul(x, x), x], 1), {
    note: "of functions of one input",
  }),
  gradientCase(
    "slice",
    [normal([5, 6])],
    (ops, [x]) => ops.mul(ops.slice(x, 1, 0, 3), ops.slice(x, 1, 2, 5)),
    { note: "two that overlap" },
  ),
  gradientCase(
    "reshape",
    [normal([4, 6])],
    (ops, [x]) => ops.matmul(ops.reshape(x, [8, 3]), ops.reshape(x, [3, 8])),
    {
      note: "two ways at once",
    },
  ),
];

/** Rows for layout ops. */
export const layoutCases: GradientCase[] = [
  ...reshapes,
  ...slices,
  ...gathers,
  ...concats,
  ...permutations,
  ...expansions,
  ...flips,
  ...pads,
  ...stacks,
  ...fromTheEnd,
  ...compositions,
];
