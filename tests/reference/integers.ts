/** Ops of the f64 reference that integers decide. */
import { equal } from "./elementwise.ts";
import { elementCount, type Indices, leaf, record, type RefTensor } from "./tape.ts";

/** The numbers themselves. */
export function toFloat(x: Indices): RefTensor {
  return leaf([x.length], x);
}

/** 1 at the label's place: [n] -> [n, classes]. */
export function oneHot(labels: Indices, classes: number): RefTensor {
  const column = leaf([labels.length, 1], labels);
  return equal(column, leaf([1, classes], Array.from({ length: classes }, (_, c) => c)));
}

/** PCG's output permutation as a hash of 32 bits. */
function hash(v: number): number {
  const state = (Math.imul(v, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** Zero with probability `rate`, else x / (1 - rate): a program's first dropout with this key. Rows count as padded to vec4s. */
export function dropout(x: RefTensor, rate: number, key: Indices): RefTensor {
  const channels = x.shape[x.shape.length - 1] ?? 1;
  const padded = Math.ceil(channels / 4) * 4;
  const keep = Math.fround(1 - rate);
  const seed = hash(key[0] ^ hash(0));
  const factors = Float64Array.from({ length: elementCount(x.shape) }, (_, i) => {
    const place = Math.floor(i / channels) * padded + i % channels;
    return (hash((hash(place) ^ seed) >>> 0) >>> 8) / 2 ** 24 < keep ? 1 / keep : 0;
  });
  return record(
    x.shape,
    x.data.map((v, i) => v * factors[i]),
    [x],
    (dy) => [dy.map((g, i) => g * factors[i])],
  );
}
