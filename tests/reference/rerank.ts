/**
 * k-reciprocal re-ranking (Zhong et al. 2017) step by step as its authors' program does it: whole matrices, f64,
 * sorted rows, no regard for cost.
 */

/** The sets and the final distances of a problem. */
export interface DenseRerank {
  /** R(p, k1) of every image, ascending. */
  reciprocal: number[][];
  /** R*(p, k1) of every image, ascending. */
  expanded: number[][];
  /** Final distances of the first `queries` images to all others. */
  final: number[][];
}

/** @param distances squared distances of all images to all, the queries first. */
export function denseRerank(
  distances: number[][],
  queries: number,
  { k1, k2, lambda }: { k1: number; k2: number; lambda: number },
): DenseRerank {
  const n = distances.length;
  const all = Array.from({ length: n }, (_, i) => i);
  const original = distances.map((row) => {
    const largest = Math.max(...row);
    return row.map((d) => largest > 0 ? d / largest : 0);
  });
  // Ties: the image itself is first in its row, then the lower index.
  const rank = distances.map((row, p) =>
    [...all].sort((a, b) => Number(b === p) - Number(a === p) || row[a] - row[b] || a - b)
  );
  const isReciprocal = (p: number, q: number, k: number) =>
    rank[p].slice(0, k + 1).includes(q) && rank[q].slice(0, k + 1).includes(p);
  const reciprocalOf = (p: number, k: number) => all.filter((q) => isReciprocal(p, q, k));
  const half = roundHalfToEven(k1 / 2);
  const reciprocal = all.map((p) => reciprocalOf(p, k1));
  const expanded = reciprocal.map((set) => {
    let union = [...set];
    for (const candidate of set) {
      const theirs = reciprocalOf(candidate, half);
      const shared = theirs.filter((q) => set.includes(q));
      if (shared.length > 2 / 3 * theirs.length + 1e-9) union = [...union, ...theirs];
    }
    return all.filter((q) => union.includes(q));
  });

  const weight = (p: number, q: number) => expanded[p].includes(q) ? Math.exp(-original[p][q]) : 0;
  let vectors = all.map((p) => {
    const row = all.map((q) => weight(p, q));
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((w) => w / total);
  });
  if (k2 !== 1) {
    vectors = all.map((p) => {
      const nearest = rank[p].slice(0, k2);
      return all.map((q) => nearest.reduce((sum, other) => sum + vectors[other][q], 0) / nearest.length);
    });
  }
  const final = all.slice(0, queries).map((p) =>
    all.slice(queries).map((q) => {
      let smaller = 0, larger = 0;
      for (const i of all) {
        smaller += Math.min(vectors[p][i], vectors[q][i]);
        larger += Math.max(vectors[p][i], vectors[q][i]);
      }
      return (1 - lambda) * (1 - smaller / larger) + lambda * original[p][q];
    })
  );
  return { reciprocal, expanded, final };
}

/** As numpy's `around` does. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return x - Math.floor(x) === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
