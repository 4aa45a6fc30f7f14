/** Rows for arithmetic with broadcasting and for functions of one number. */
import { avoiding, exactly, type GradientCase, gradientCase, normal, uniform } from "./gradient_case.ts";

const broadcasts: [number[], number[]][] = [
  [[3, 5], [3, 5]],
  [[2, 3, 4, 8], [8]],
  [[7], [1]],
  [[4, 1], [1, 6]],
  [[2, 1, 3, 1], [1, 5, 1, 4]],
  [[1], [1]],
  [[2, 7, 5], [7, 1]],
  [[17], [33, 17]],
  [[2, 3], []],
  [[3, 1, 2, 5], [3, 4, 1, 1]],
  [[300, 65], [65]],
];

const arithmetic: GradientCase[] = broadcasts.flatMap(([a, b]) => [
  gradientCase("add", [normal(a), normal(b)], (ops, [x, y]) => ops.add(x, y)),
  gradientCase("sub", [normal(a), normal(b)], (ops, [x, y]) => ops.sub(x, y)),
  gradientCase("mul", [normal(a), normal(b)], (ops, [x, y]) => ops.mul(x, y)),
  gradientCase("div", [normal(a), uniform(0.5, 2, b)], (ops, [x, y]) => ops.div(x, y)),
  gradientCase("div", [normal(a), uniform(-2, -0.5, b)], (ops, [x, y]) => ops.div(x, y), {
    note: "by negative numbers",
  }),
]);

const repeated: GradientCase[] = [
  gradientCase("add", [normal([3, 5])], (ops, [x]) => ops.add(x, x), { note: "to itself" }),
  gradientCase("sub", [normal([3, 5])], (ops, [x]) => ops.sub(ops.mul(x, x), x), { note: "from its square" }),
  gradientCase("mul", [normal([3, 5])], (ops, [x]) => ops.mul(x, ops.mul(x, x)), { note: "cubed" }),
  gradientCase("div", [normal([3, 5])], (ops, [x]) => ops.div(x, ops.affine(ops.mul(x, x), 1, 1)), {
    note: "by a function of itself",
  }),
];

const functions: GradientCase[] = [[1], [7], [3, 5], [2, 4, 3, 8], [5, 33], [9001]].flatMap((shape) => [
  gradientCase("affine", [normal(shape)], (ops, [x]) => ops.affine(x, -2.5, 0.75)),
  gradientCase("relu", [avoiding([0], normal(shape))], (ops, [x]) => ops.relu(x)),
  gradientCase("relu6", [avoiding([0, 6], uniform(-3, 9, shape))], (ops, [x]) => ops.relu6(x)),
  gradientCase("exp", [normal(shape)], (ops, [x]) => ops.exp(x)),
  gradientCase("log", [uniform(0.1, 4, shape)], (ops, [x]) => ops.log(x)),
  gradientCase("sqrt", [uniform(0.1, 4, shape)], (ops, [x]) => ops.sqrt(x)),
  gradientCase("softplus", [normal(shape, 3)], (ops, [x]) => ops.softplus(x)),
]);

const extremes: GradientCase[] = [
  gradientCase("softplus", [exactly([6], [-200, -90, -20, 20, 90, 200])], (ops, [x]) => ops.softplus(x), {
    note: "far from 0",
  }),
  gradientCase("affine", [normal([3, 5])], (ops, [x]) => ops.affine(x, 0, 3), { note: "by a factor of 0" }),
  gradientCase("exp", [uniform(-30, -20, [3, 5])], (ops, [x]) => ops.exp(ops.affine(x, 1, 25)), {
    note: "of a shifted argument",
  }),
  gradientCase("log", [uniform(0.05, 0.1, [7])], (ops, [x]) => ops.log(ops.affine(x, 50, 0)), {
    note: "of small numbers scaled up",
  }),
  gradientCase("relu", [uniform(-2, -1, [3, 5])], (ops, [x]) => ops.relu(x), { note: "shut everywhere" }),
  gradientCase("relu6", [uniform(7, 9, [3, 5])], (ops, [x]) => ops.relu6(x), {
    note: "saturated everywhere",
  }),
];

/** Rows for elementwise ops. */
export const elementwiseCases: GradientCase[] = [...arithmetic, ...repeated, ...functions, ...extremes];
