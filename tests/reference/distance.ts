/** L2 normalization and distances of the f64 reference. */
import type { Metric } from "./settings.ts";
import { expectShape } from "./shapes.ts";
import { record, type RefTensor } from "./tape.ts";

/** Rows shorter than this have no direction: their cosine with anything is 0, without gradient. */
const LEAST_NORM = 1e-12;

/** x / max(||x||, epsilon) per row of [B, D]. */
export function l2Normalize(x: RefTensor, epsilon: number): RefTensor {
  expectShape("Rows to normalize", x, [-1, -1]);
  const [rows, width] = x.shape;
  const norms = Float64Array.from({ length: rows }, (_, row) => norm(x.data, row * width, width));
  const data = x.data.map((v, i) => v / Math.max(norms[Math.floor(i / width)], epsilon));
  const clearance = norms.reduce((least, v) => Math.min(least, Math.abs(v - epsilon)), Infinity);
  return record(x.shape, data, [x], (dy) => {
    const dx = new Float64Array(dy.length);
    for (let row = 0; row < rows; row++) {
      const from = row * width;
      const along = norms[row] > epsilon ? dot(dy, from, data, from, width) : 0;
      const divisor = Math.max(norms[row], epsilon);
      for (let i = from; i < from + width; i++) dx[i] = (dy[i] - data[i] * along) / divisor;
    }
    return [dx];
  }, clearance);
}

/** Distances of every row of [B, D] to every row -> [B, B]; the diagonal is exactly 0 and has no gradient. */
export function pairwiseDistance(x: RefTensor, metric: Metric): RefTensor {
  expectShape("Embeddings", x, [-1, -1]);
  const rows = x.shape[0];
  const pairs: Pair[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) if (i !== j) pairs.push({ a: i, b: j, to: i * rows + j });
  }
  return distances(x, x, [rows, rows], pairs, metric);
}

/** Distances of the rows of [M, D] to the rows of [N, D] -> [M, N]. */
export function crossDistance(a: RefTensor, b: RefTensor, metric: Metric): RefTensor {
  expectShape("Embeddings", a, [-1, -1]);
  expectShape("Embeddings to compare with", b, [-1, a.shape[1]]);
  const [m, n] = [a.shape[0], b.shape[0]];
  const pairs = Array.from({ length: m * n }, (_, to) => ({ a: Math.floor(to / n), b: to % n, to }));
  return distances(a, b, [m, n], pairs, metric);
}

/** Anchor to positive and anchor to negative of every triplet [T, 3, D] -> [T, 2]. */
export function tripletDistance(embeddings: RefTensor, metric: Metric): RefTensor {
  expectShape("Triplets of embeddings", embeddings, [-1, 3, -1]);
  const triplets = embeddings.shape[0];
  const pairs = Array.from({ length: triplets }, (_, t) => [
    { a: 3 * t, b: 3 * t + 1, to: 2 * t },
    { a: 3 * t, b: 3 * t + 2, to: 2 * t + 1 },
  ]).flat();
  return distances(embeddings, embeddings, [triplets, 2], pairs, metric);
}

/** Row `a` of one array, row `b` of the other, and the element of the result that their distance goes to. */
interface Pair {
  a: number;
  b: number;
  to: number;
}

function distances(a: RefTensor, b: RefTensor, shape: number[], pairs: Pair[], metric: Metric): RefTensor {
  const width = a.shape[a.shape.length - 1];
  const data = new Float64Array(shape[0] * shape[1]);
  let clearance = Infinity;
  for (const pair of pairs) {
    const d = distance(a.data, pair.a * width, b.data, pair.b * width, width, metric);
    data[pair.to] = d;
    if (metric === "euclidean") clearance = Math.min(clearance, d);
  }
  return record(shape, data, [a, b], (dy) => {
    const da = new Float64Array(a.data.length);
    const db = new Float64Array(b.data.length);
    for (const pair of pairs) {
      addGradient(dy[pair.to], a.data, pair.a * width, b.data, pair.b * width, width, metric, da, db);
    }
    return [da, db];
  }, clearance);
}

function distance(
  a: Float64Array,
  fromA: number,
  b: Float64Array,
  fromB: number,
  width: number,
  metric: Metric,
): number {
  if (metric === "angular") {
    const product = norm(a, fromA, width) * norm(b, fromB, width);
    if (!haveDirections(a, fromA, b, fromB, width)) return 1;
    return Math.max(1 - dot(a, fromA, b, fromB, width) / product, 0);
  }
  let squared = 0;
  for (let i = 0; i < width; i++) squared += (a[fromA + i] - b[fromB + i]) ** 2;
  return metric === "squared" ? squared : Math.sqrt(squared);
}

function addGradient(
  g: number,
  a: Float64Array,
  fromA: number,
  b: Float64Array,
  fromB: number,
  width: number,
  metric: Metric,
  da: Float64Array,
  db: Float64Array,
): void {
  if (metric === "angular") {
    if (!haveDirections(a, fromA, b, fromB, width)) return;
    const normA = norm(a, fromA, width);
    const normB = norm(b, fromB, width);
    const cosine = dot(a, fromA, b, fromB, width) / (normA * normB);
    for (let i = 0; i < width; i++) {
      const unitA = a[fromA + i] / normA;
      const unitB = b[fromB + i] / normB;
      da[fromA + i] -= g * (unitB - cosine * unitA) / normA;
      db[fromB + i] -= g * (unitA - cosine * unitB) / normB;
    }
    return;
  }
  const d = metric === "euclidean" ? distance(a, fromA, b, fromB, width, metric) : 0.5;
  if (d === 0) return;
  for (let i = 0; i < width; i++) {
    const slope = g * (a[fromA + i] - b[fromB + i]) / d;
    da[fromA + i] += slope;
    db[fromB + i] -= slope;
  }
}

function haveDirections(
  a: Float64Array,
  fromA: number,
  b: Float64Array,
  fromB: number,
  width: number,
): boolean {
  return norm(a, fromA, width) > LEAST_NORM && norm(b, fromB, width) > LEAST_NORM;
}

function dot(a: Float64Array, fromA: number, b: Float64Array, fromB: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += a[fromA + i] * b[fromB + i];
  return sum;
}

function norm(x: Float64Array, from: number, width: number): number {
  return Math.sqrt(dot(x, from, x, from, width));
}
