/** Elementwise ops of the f64 reference. At a kink the subgradient is 0. */
import { broadcastIndices, broadcastShape } from "./shapes.ts";
import { record, type RefTensor } from "./tape.ts";

/** a + b, broadcast. */
export function add(a: RefTensor, b: RefTensor): RefTensor {
  return binary(a, b, (x, y) => x + y, () => 1, () => 1);
}

/** a - b, broadcast. */
export function sub(a: RefTensor, b: RefTensor): RefTensor {
  return binary(a, b, (x, y) => x - y, () => 1, () => -1);
}

/** a * b, broadcast. */
export function mul(a: RefTensor, b: RefTensor): RefTensor {
  return binary(a, b, (x, y) => x * y, (_, y) => y, (x) => x);
}

/** a / b, broadcast. */
export function div(a: RefTensor, b: RefTensor): RefTensor {
  return binary(a, b, (x, y) => x / y, (_, y) => 1 / y, (x, y) => -x / (y * y));
}

/** x * factor + offset. */
export function affine(x: RefTensor, factor: number, offset: number): RefTensor {
  return unary(x, (v) => v * factor + offset, () => factor);
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

function binary(
  a: RefTensor,
  b: RefTensor,
  value: (x: number, y: number) => number,
  slopeOfA: (x: number, y: number) => number,
  slopeOfB: (x: number, y: number) => number,
): RefTensor {
  const shape = broadcastShape(a.shape, b.shape);
  const fromA = broadcastIndices(a.shape, shape);
  const fromB = broadcastIndices(b.shape, shape);
  const data = Float64Array.from(fromA, (_, i) => value(a.data[fromA[i]], b.data[fromB[i]]));
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
  });
}
