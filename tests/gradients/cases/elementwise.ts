/** Rows for arithmetic with broadcasting and for functions of one number. */
import { elementCount } from "../../reference/tape.ts";
import {
  avoiding,
  constant,
  exactly,
  type GradientCase,
  gradientCase,
  normal,
  uniform,
} from "./gradient_case.ts";

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
  [[2, 3, 1, 2, 1, 3], [2, 1, 2, 1, 2, 3]],
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

/** Ordered pairs that stay apart, so that no difference crosses the kink. */
const selections: GradientCase[] = broadcasts.flatMap(([a, b]) => [
  gradientCase("maximum", [normal(a), normal(b)], (ops, [x, y]) => ops.maximum(x, y)),
  gradientCase("minimum", [normal(a), normal(b)], (ops, [x, y]) => ops.minimum(x, y)),
  gradientCase("where", [constant(normal(a)), normal(b), normal(a)], (ops, [m, x, y]) => {
    return ops.where(ops.greater(m, 0.2), x, y);
  }),
  gradientCase(
    "where",
    [constant(normal(a)), normal(a)],
    (ops, [m, x]) => ops.where(ops.less(m, 0), x, -1.5),
    {
      note: "or a number",
    },
  ),
]).filter(({ op, inputs: [{ shape }] }) => op === "where" || shape.reduce((a, b) => a * b, 1) < 700);

const powers: GradientCase[] = broadcasts.flatMap(([a, b]) => [
  gradientCase("pow", [uniform(0.3, 2, a), uniform(-2, 3, b)], (ops, [x, y]) => ops.pow(x, y)),
]);

/** The table asks for gradients, and comparisons have none: they decide what x is multiplied by. */
const comparisons: GradientCase[] = [[7], [3, 5], [2, 4, 3, 8]].flatMap((shape) =>
  (["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual"] as const).flatMap((op) => [
    gradientCase(
      op,
      [constant(whole(shape)), constant(whole([shape.at(-1)!], 1)), normal(shape)],
      (ops, [a, b, x]) => ops.mul(x, ops[op](a, b)),
    ),
    gradientCase(op, [constant(whole(shape)), normal(shape)], (ops, [a, x]) => ops.mul(x, ops[op](a, 1)), {
      note: "to a number",
    }),
  ])
);

const numbers: GradientCase[] = [[7], [3, 5], [2, 4, 3, 8]].flatMap((shape) => [
  gradientCase("add", [normal(shape)], (ops, [x]) => ops.add(x, 0.7), { note: "a number" }),
  gradientCase("sub", [normal(shape)], (ops, [x]) => ops.sub(x, -2), { note: "a number" }),
  gradientCase("mul", [normal(shape)], (ops, [x]) => ops.mul(x, 1.7), { note: "a number" }),
  gradientCase("div", [normal(shape)], (ops, [x]) => ops.div(x, 3), { note: "a number" }),
  gradientCase("pow", [normal(shape)], (ops, [x]) => ops.pow(x, 2), { note: "of 2, of either sign" }),
  gradientCase("pow", [normal(shape)], (ops, [x]) => ops.pow(x, 3), { note: "of 3, of either sign" }),
  gradientCase("pow", [uniform(0.3, 2, shape)], (ops, [x]) => ops.pow(x, -0.5), {
    note: "of a root's inverse",
  }),
  gradientCase("clip", [avoiding([-0.5, 1], normal(shape))], (ops, [x]) => ops.clip(x, -0.5, 1)),
  gradientCase("maximum", [avoiding([0.25], normal(shape))], (ops, [x]) => ops.maximum(x, 0.25), {
    note: "with a number",
  }),
  gradientCase("minimum", [avoiding([0.25], normal(shape))], (ops, [x]) => ops.minimum(x, 0.25), {
    note: "with a number",
  }),
  gradientCase("stopGradient", [normal(shape)], (ops, [x]) => ops.mul(x, ops.stopGradient(ops.exp(x))), {
    note: "of a factor",
    atKink: true, // Differences would see the factor change.
  }),
]);

/** What the losses and blocks of networks are written with: an operand that comes twice, numbers on the left, chains. */
const compositions: GradientCase[] = [[7], [3, 5], [2, 3, 2, 8]].flatMap((shape) => [
  gradientCase("maximum", [normal(shape)], (ops, [x]) => ops.maximum(x, ops.neg(x)), { note: "of x and -x" }),
  gradientCase("minimum", [normal(shape)], (ops, [x]) => ops.minimum(ops.mul(x, x), ops.abs(x)), {
    note: "of a square and a size",
  }),
  gradientCase(
    "where",
    [normal(shape)],
    (ops, [x]) => ops.where(ops.greater(x, 0), ops.exp(x), ops.add(x, 1)),
    {
      note: "of functions of one input", // Both are 1 at 0: no jump, and almost no draw is near it.
    },
  ),
  gradientCase("pow", [uniform(0.5, 2, shape)], (ops, [x]) => ops.pow(x, x), { note: "of x to x" }),
  gradientCase("silu", [normal(shape)], (ops, [x]) => ops.mul(x, ops.sigmoid(x)), { note: "as a product" }),
  gradientCase("gelu", [normal(shape)], (ops, [x]) => ops.mul(ops.gelu(x), ops.tanh(x)), {
    note: "times tanh",
  }),
]);

const manyAxes: GradientCase[] = [
  gradientCase("add", [normal([2, 3, 2, 2, 5]), normal([2, 1, 1, 2, 5])], (ops, [x, y]) => ops.add(x, y), {
    note: "of five axes",
  }),
  gradientCase("mul", [normal([2, 2, 3, 1, 2, 4]), normal([4])], (ops, [x, y]) => ops.mul(x, y), {
    note: "of six axes",
  }),
];

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
  gradientCase("neg", [normal(shape)], (ops, [x]) => ops.neg(x)),
  gradientCase("abs", [avoiding([0], normal(shape))], (ops, [x]) => ops.abs(x)),
  gradientCase("gelu", [normal(shape, 2)], (ops, [x]) => ops.gelu(x)),
  gradientCase("silu", [normal(shape, 2)], (ops, [x]) => ops.silu(x)),
  gradientCase("sigmoid", [normal(shape, 2)], (ops, [x]) => ops.sigmoid(x)),
  gradientCase("tanh", [normal(shape)], (ops, [x]) => ops.tanh(x)),
]);

/** Numbers of 0 to 2, so that comparisons find equal ones. */
function whole(shape: readonly number[], start = 0) {
  return exactly(shape, Array.from({ length: elementCount(shape) }, (_, i) => (start + i * 7) % 3));
}

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
  ...(["sigmoid", "tanh", "gelu", "silu"] as const).map((op) =>
    gradientCase(op, [exactly([6], [-200, -90, -20, 20, 90, 200])], (ops, [x]) => ops[op](x), {
      note: "far from 0",
    })
  ),
  gradientCase("relu", [uniform(-2, -1, [3, 5])], (ops, [x]) => ops.relu(x), { note: "shut everywhere" }),
  gradientCase("relu6", [uniform(7, 9, [3, 5])], (ops, [x]) => ops.relu6(x), {
    note: "saturated everywhere",
  }),
];

/** Rows for elementwise ops. */
export const elementwiseCases: GradientCase[] = [
  ...arithmetic,
  ...selections,
  ...powers,
  ...comparisons,
  ...numbers,
  ...compositions,
  ...manyAxes,
  ...repeated,
  ...functions,
  ...extremes,
];
