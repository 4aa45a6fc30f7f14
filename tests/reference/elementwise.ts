/** Elementwise ops of the f64 reference. At a kink the subgradient is 0. */
import { broadcastIndices, broadcastShape } from "./shapes.ts";
import { leaf, record, type RefTensor } from "./tape.ts";

/** A tensor, or a number that stands for a tensor []. */
export type Operand = RefTensor | number;

/** a + b, broadcast. */
export function add(a: RefTensor, b: Operand): RefTensor {
  return binary(a, b, (x, y) => x + y, () => 1, () => 1);
}

/** a - b, broadcast. */
export function sub(a: RefTensor, b: Operand): RefTensor {
  return binary(a, b, (x, y) => x - y, () => 1, () => -1);
}

/** a * b, broadcast. */
export function mul(a: RefTensor, b: Operand): RefTensor {
  return binary(a, b, (x, y) => x * y, (_, y) => y, (x) => x);
}

/** a / b, broadcast. */
export function div(a: RefTensor, b: Operand): RefTensor {
  return binary(a, b, (x, y) => x / y, (_, y) => 1 / y, (x, y) => -x / (y * y));
}

/** a^b, broadcast; a^0 is 1. */
export function pow(a: RefTensor, b: Operand): RefTensor {
  return binary(
    a,
    b,
    (x, y) => x ** y,
    (x, y) => y === 0 ? 0 : y * x ** (y - 1),
    (x, y) => x === 0 ? 0 : x ** y * Math.log(x),
  );
}

/** The larger one, broadcast; of equal ones a. */
export function maximum(a: RefTensor, b: Operand): RefTensor {
  return binary(
    a,
    b,
    Math.max,
    (x, y) => x >= y ? 1 : 0,
    (x, y) => x >= y ? 0 : 1,
    (x, y) => Math.abs(x - y),
  );
}

/** The smaller one, broadcast; of equal ones a. */
export function minimum(a: RefTensor, b: Operand): RefTensor {
  return binary(
    a,
    b,
    Math.min,
    (x, y) => x <= y ? 1 : 0,
    (x, y) => x <= y ? 0 : 1,
    (x, y) => Math.abs(x - y),
  );
}

/** min(max(x, low), high). */
export function clip(x: RefTensor, low: Operand, high: Operand): RefTensor {
  return minimum(maximum(x, low), high);
}

/** 1 where a = b. */
export function equal(a: RefTensor, b: Operand): RefTensor {
  return comparison(a, b, (x, y) => x === y);
}

/** 1 where a ≠ b. */
export function notEqual(a: RefTensor, b: Operand): RefTensor {
  return comparison(a, b, (x, y) => x !== y);
}

/** 1 where a < b. */
export function less(a: RefTensor, b: Operand): RefTensor {
  return comparison(a, b, (x, y) => x < y);
}

/** 1 where a ≤ b. */
export function lessEqual(a: RefTensor, b: Operand): RefTensor {
  return comparison(a, b, (x, y) => x <= y);
}

/** 1 where a > b. */
export function greater(a: RefTensor, b: Operand): RefTensor {
  return comparison(a, b, (x, y) => x > y);
}

/** 1 where a ≥ b. */
export function greaterEqual(a: RefTensor, b: Operand): RefTensor {
  return comparison(a, b, (x, y) => x >= y);
}

/** a where the condition is not 0, b elsewhere, broadcast. */
export function where(condition: RefTensor, a: RefTensor, b: Operand): RefTensor {
  const other = asTensor(b);
  const shape = [condition, a, other].map(({ shape }) => shape).reduce(broadcastShape);
  const [at, fromA, fromB] = [condition, a, other].map((x) => broadcastIndices(x.shape, shape));
  const data = Float64Array.from(
    at,
    (_, i) => condition.data[at[i]] !== 0 ? a.data[fromA[i]] : other.data[fromB[i]],
  );
  return record(shape, data, [a, other], (dy) => {
    const [da, db] = [new Float64Array(a.data.length), new Float64Array(other.data.length)];
    dy.forEach((g, i) => condition.data[at[i]] !== 0 ? da[fromA[i]] += g : db[fromB[i]] += g);
    return [da, db];
  });
}

/** x, without a gradient. */
export function stopGradient(x: RefTensor): RefTensor {
  return leaf(x.shape, x.data);
}

/** x * factor + offset. */
export function affine(x: RefTensor, factor: number, offset: number): RefTensor {
  return unary(x, (v) => v * factor + offset, () => factor);
}

/** -x. */
export function neg(x: RefTensor): RefTensor {
  return unary(x, (v) => -v, () => -1);
}

/** |x|; gradient 0 at 0. */
export function abs(x: RefTensor): RefTensor {
  return unary(x, Math.abs, Math.sign, Math.abs);
}

/** x · Φ(x). */
export function gelu(x: RefTensor): RefTensor {
  return unary(x, (v) => v * normalShare(v), (v) => normalShare(v) + v * normalDensity(v));
}

/** x · sigmoid(x). */
export function silu(x: RefTensor): RefTensor {
  return unary(x, (v) => v * logistic(v), (v) => logistic(v) * (1 + v * logistic(-v)));
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: RefTensor): RefTensor {
  return unary(x, logistic, (v) => logistic(v) * logistic(-v));
}

/** Hyperbolic tangent. */
export function tanh(x: RefTensor): RefTensor {
  return unary(x, Math.tanh, (v) => 1 - Math.tanh(v) ** 2);
}

/** max(x, 0); gradient 0 at 0. */
export function relu(x: RefTensor): RefTensor {
  return unary(x, (v) => Math.max(v, 0), (v) => v > 0 ? 1 : 0, (v) => Math.abs(v));
}

/** min(max(x, 0), 6); gradient 0 at 0 and at 6. */
export function relu6(x: RefTensor): RefTensor {
  return unary(x, clampToSix, slopeOfRelu6, distanceToRelu6Kinks);
}

/** e^x. */
export function exp(x: RefTensor): RefTensor {
  return unary(x, Math.exp, Math.exp);
}

/** Natural logarithm. */
export function log(x: RefTensor): RefTensor {
  return unary(x, Math.log, (v) => 1 / v);
}

/** Square root. */
export function sqrt(x: RefTensor): RefTensor {
  return unary(x, Math.sqrt, (v) => v > 0 ? 0.5 / Math.sqrt(v) : 0);
}

/** log(1 + e^x). */
export function softplus(x: RefTensor): RefTensor {
  return unary(x, softplusOf, logistic);
}

/** log(1 + e^v) of one number, without overflow. */
export function softplusOf(v: number): number {
  return Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
}

/** 1 / (1 + e^-v) of one number, without overflow: the slope of softplus. */
export function logistic(v: number): number {
  return v >= 0 ? 1 / (1 + Math.exp(-v)) : Math.exp(v) / (1 + Math.exp(v));
}

/** The density of the standard normal distribution. */
function normalDensity(v: number): number {
  return Math.exp(-v * v / 2) / Math.sqrt(2 * Math.PI);
}

/** Its distribution function: 1/2 + φ(v) · (v + v³/3 + v⁵/15 + …), which converges for every v; 0 or 1 beyond 9. */
function normalShare(v: number): number {
  if (Math.abs(v) > 9) return v > 0 ? 1 : 0;
  let [term, sum] = [v, v];
  for (let n = 3; n < 300; n += 2) sum += term *= v * v / n;
  return 0.5 + normalDensity(v) * sum;
}

/** ReLU6 of one number. */
export function clampToSix(v: number): number {
  return Math.min(Math.max(v, 0), 6);
}

/** The slope of ReLU6: 1 strictly between 0 and 6, 0 elsewhere. */
export function slopeOfRelu6(v: number): number {
  return v > 0 && v < 6 ? 1 : 0;
}

/** Distance of one number to the nearer kink of ReLU6. */
export function distanceToRelu6Kinks(v: number): number {
  return Math.min(Math.abs(v), Math.abs(v - 6));
}

function unary(
  x: RefTensor,
  value: (v: number) => number,
  slope: (v: number) => number,
  distanceToKink?: (v: number) => number,
): RefTensor {
  const clearance = distanceToKink === undefined
    ? Infinity
    : x.data.reduce((least, v) => Math.min(least, distanceToKink(v)), Infinity);
  return record(x.shape, x.data.map(value), [x], (dy) => [dy.map((g, i) => g * slope(x.data[i]))], clearance);
}

function asTensor(x: Operand): RefTensor {
  return typeof x === "number" ? leaf([], [x]) : x;
}

function comparison(a: RefTensor, b: Operand, holds: (x: number, y: number) => boolean): RefTensor {
  return stopGradient(binary(a, b, (x, y) => holds(x, y) ? 1 : 0, () => 0, () => 0));
}

function binary(
  a: RefTensor,
  operand: Operand,
  value: (x: number, y: number) => number,
  slopeOfA: (x: number, y: number) => number,
  slopeOfB: (x: number, y: number) => number,
  distanceToKink: (x: number, y: number) => number = () => Infinity,
): RefTensor {
  const b = asTensor(operand);
  const shape = broadcastShape(a.shape, b.shape);
  const fromA = broadcastIndices(a.shape, shape);
  const fromB = broadcastIndices(b.shape, shape);
  const data = Float64Array.from(fromA, (_, i) => value(a.data[fromA[i]], b.data[fromB[i]]));
  const clearance = fromA.reduce(
    (least, from, i) => Math.min(least, distanceToKink(a.data[from], b.data[fromB[i]])),
    Infinity,
  );
  return record(shape, data, [a, b], (dy) => {
    const da = new Float64Array(a.data.length);
    const db = new Float64Array(b.data.length);
    for (let i = 0; i < dy.length; i++) {
      const x = a.data[fromA[i]];
      const y = b.data[fromB[i]];
      da[fromA[i]] += dy[i] * slopeOfA(x, y);
      db[fromB[i]] += dy[i] * slopeOfB(x, y);
    }
    return [da, db];
  }, clearance);
}
