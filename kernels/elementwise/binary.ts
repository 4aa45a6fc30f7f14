/** Geometry of functions of two and of three numbers, applied elementwise with numpy's broadcasting. */
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { lastAxis, rowCount, tensorBytes, vec4Count } from "../wgsl/storage.ts";
import functions from "./functions.wgsl" with { type: "text" };
import operand from "./operand.wgsl" with { type: "text" };
import source from "./operands.wgsl" with { type: "text" };

/** Elementwise functions of two operands. */
export type BinaryOperation =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "pow"
  | "maximum"
  | "minimum"
  | "equal"
  | "notEqual"
  | "less"
  | "lessEqual"
  | "greater"
  | "greaterEqual";

/** Elementwise functions of three operands; the gradients are those of binary functions of a and b, with c = dY. */
export type TernaryOperation =
  | "where"
  | "powGradientA"
  | "powGradientB"
  | "maximumGradientA"
  | "maximumGradientB"
  | "minimumGradientA"
  | "minimumGradientB";

/** 1 where a comparison holds, 0 elsewhere; with NaN none does. Some drivers say so of `!=`, too: it is not used. */
const comparison = (operator: string) => `select(vec4f(0.0), vec4f(1.0), a ${operator} b)`;

/** Whether a is what maximum and minimum choose: of equal ones it is, and where it is NaN. */
const LARGER = "(a >= b) | is_nan(a)";
const SMALLER = "(a <= b) | is_nan(a)";

/** Functions of `a` and `b` in WGSL, on four numbers at once. A NaN in an operand gives NaN. */
export const BINARY_FUNCTIONS: Readonly<Record<BinaryOperation, string>> = {
  add: "a + b",
  sub: "a - b",
  mul: "a * b",
  div: "a / b",
  pow: "power(a, b)",
  maximum: `select(b, a, ${LARGER})`,
  minimum: `select(b, a, ${SMALLER})`,
  equal: comparison("=="),
  notEqual: "select(vec4f(1.0), vec4f(0.0), a == b)",
  less: comparison("<"),
  lessEqual: comparison("<="),
  greater: comparison(">"),
  greaterEqual: comparison(">="),
};

/** Functions of `a`, `b` and `c` in WGSL. */
const TERNARY: Readonly<Record<TernaryOperation, string>> = {
  where: "select(b, c, a == vec4f(0.0))",
  powGradientA: "select(c * b * power(a, b - 1.0), vec4f(0.0), b == vec4f(0.0))",
  powGradientB: "select(c * power(a, b) * log(a), vec4f(0.0), a == vec4f(0.0))",
  maximumGradientA: `select(vec4f(0.0), c, ${LARGER})`,
  maximumGradientB: `select(c, vec4f(0.0), ${LARGER})`,
  minimumGradientA: `select(vec4f(0.0), c, ${SMALLER})`,
  minimumGradientB: `select(c, vec4f(0.0), ${SMALLER})`,
};

/** The shape that operands broadcast to, or undefined where they do not fit (numpy's rule). */
export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizes = shapes.map((own) => own[own.length - rank + axis] ?? 1);
    const size = sizes.find((size) => size !== 1) ?? 1;
    if (sizes.some((other) => other !== 1 && other !== size)) return undefined;
    shape.push(size);
  }
  return shape;
}

/**
 * Operands of more than four axes with neighboring axes merged, where each operand repeats along both or along neither;
 * undefined where more than four are left. Shapes of up to four axes stay as they are.
 */
export function mergedAxes(shapes: readonly (readonly number[])[]): number[][] | undefined {
  const rank = Math.max(...shapes.map(({ length }) => length));
  if (rank <= 4) return shapes.map((shape) => [...shape]);
  const merged = shapes.map((shape) => [...new Array<number>(rank - shape.length).fill(1), ...shape]);
  const whole = broadcastShape(...shapes) ?? [];
  const alike = (axis: number) =>
    merged.every((shape) => [axis, axis + 1].every((i) => shape[i] === whole[i])) ||
    merged.every((shape) => (shape[axis] === 1) === (shape[axis + 1] === 1));
  for (let axis = 0; axis < whole.length - 2;) {
    if (!alike(axis)) axis++;
    else {for (const shape of [...merged, whole]) {
        shape.splice(axis, 2, (shape[axis] ?? 1) * (shape[axis + 1] ?? 1));
      }}
  }
  return whole.length <= 4 ? merged : undefined;
}

/** Y = f(A, B). `a` and `b` are the operands' shapes, which must broadcast. Bindings: `a`, `b`, `y`. */
export function binary(operation: BinaryOperation, a: readonly number[], b: readonly number[]): Dispatch {
  return broadcasting("binary", BINARY_FUNCTIONS[operation], { a, b });
}

/** Y = f(A, B, C). The operands' shapes must broadcast. Bindings: `a`, `b`, `c`, `y`. */
export function ternary(
  operation: TernaryOperation,
  a: readonly number[],
  b: readonly number[],
  c: readonly number[],
): Dispatch {
  return broadcasting("ternary", TERNARY[operation], { a, b, c });
}

/** A function of operands of these shapes, by name; one thread per vec4 of the result. */
function broadcasting(
  kernel: string,
  f: string,
  given: Readonly<Record<string, readonly number[]>>,
): Dispatch {
  const names = Object.keys(given);
  const value = `fn value(i: u32, j: u32, k: u32, c4: u32) -> vec4f {
${names.map((name) => `  let ${name} = ${name}_row(i, j, k, c4);`).join("\n")}
  return ${f};
}`;
  const operands = names.map((name) =>
    operand.replaceAll("a_", `${name}_`).replaceAll("A_", `${name.toUpperCase()}_`)
  );
  const shapes = mergedAxes(Object.values(given));
  const shape = shapes && broadcastShape(...shapes);
  if (!shape) throw new RangeError(`Shapes ${Object.values(given).map((s) => `[${s}]`)} do not broadcast`);
  const [, d1, d2, channels] = fourAxes(shape);
  const c4 = vec4Count(channels);
  const rows = rowCount(shape);
  const strides: Record<string, number> = {};
  for (const [n, own] of shapes.entries()) {
    const name = (names[n] ?? "").toUpperCase();
    const [i, j, k] = rowStrides(own);
    const splat = lastAxis(own) === 1 ? 1 : 0;
    Object.assign(strides, {
      [`${name}_I`]: i,
      [`${name}_J`]: j,
      [`${name}_K`]: k,
      [`${name}_SPLAT`]: splat,
    });
  }
  return {
    kernel,
    source: [functions, ...operands, value, source].join("\n"),
    bindings: [...names.map((name) => reads(name)), writes("y")],
    constants: { ROWS: rows, D1: d1, D2: d2, CHANNELS: channels, C4: c4, ...strides },
    workgroups: flatWorkgroups(rows * c4),
    cost: {
      flops: rows * channels,
      bytes: [...shapes, shape].reduce((bytes, own) => bytes + tensorBytes(own), 0),
    },
  };
}

/** A shape with ones in front, four axes in all. */
export function fourAxes(shape: readonly number[]): [number, number, number, number] {
  const [channels = 1, k = 1, j = 1, i = 1] = shape.toReversed();
  return [i, j, k, channels];
}

/** Strides of the three leading axes in rows, 0 along axes of one element. */
function rowStrides(shape: readonly number[]): [number, number, number] {
  const [i, j, k] = fourAxes(shape);
  return [i === 1 ? 0 : j * k, j === 1 ? 0 : k, k === 1 ? 0 : 1];
}
