/**
 * Which triplets of a batch the losses look at, chosen from its B x B matrix of distances. A choice has no
 * gradient; of equals the one of lowest index is taken.
 */

/** One triplet by batch index; `negative` is null where the anchor has none, and its distance then counts as 0. */
export interface Triplet {
  anchor: number;
  positive: number;
  negative: number | null;
}

/** The chosen triplets, and by how much distances may change before the choice does. */
export interface Mined {
  triplets: Triplet[];
  clearance: number;
}

/** Hermans et al. 2017: per anchor its farthest positive and nearest negative; anchors without either are left out. */
export function mineHard(distances: Float64Array, labels: readonly number[]): Mined {
  const triplets: Triplet[] = [];
  let clearance = Infinity;
  labels.forEach((_, anchor) => {
    const row = rowOf(distances, labels, anchor);
    const positive = farthest(row, positivesOf(labels, anchor));
    const negative = nearest(row, negativesOf(labels, anchor));
    if (positive === null || negative === null) return;
    triplets.push({ anchor, positive: positive.index, negative: negative.index });
    clearance = Math.min(clearance, positive.lead, negative.lead);
  });
  return { triplets, clearance };
}

/**
 * Schroff et al. 2015 as TensorFlow Addons has it: per ordered positive pair the nearest negative strictly farther
 * than the positive, or the anchor's farthest negative where none is.
 */
export function mineSemiHard(distances: Float64Array, labels: readonly number[]): Mined {
  const triplets: Triplet[] = [];
  let clearance = Infinity;
  labels.forEach((_, anchor) => {
    const row = rowOf(distances, labels, anchor);
    const negatives = negativesOf(labels, anchor);
    for (const positive of positivesOf(labels, anchor)) {
      const outside = negatives.filter((n) => row[n] > row[positive]);
      const chosen = nearest(row, outside) ?? farthest(row, negatives);
      triplets.push({ anchor, positive, negative: chosen?.index ?? null });
      const crossing = negatives.map((n) => Math.abs(row[n] - row[positive]));
      clearance = Math.min(clearance, chosen?.lead ?? Infinity, ...crossing);
    }
  });
  return { triplets, clearance };
}

/** Hermans et al. 2017, batch-all: every anchor with every positive and every negative. */
export function mineAll(_distances: Float64Array, labels: readonly number[]): Mined {
  const triplets = [...labels.keys()].flatMap((anchor) =>
    positivesOf(labels, anchor).flatMap((positive) =>
      negativesOf(labels, anchor).map((negative) => ({ anchor, positive, negative }))
    )
  );
  return { triplets, clearance: Infinity };
}

/** A pair of images of one identity, and one of two other identities, by batch index. */
export interface PairOfPairs {
  positive: [number, number];
  others: [number, number];
}

/**
 * Chen et al. 2017: every anchor and its farthest positive, with its nearest negative and the image nearest to that one of a
 * third identity.
 */
export function mineNearestOthers(
  distances: Float64Array,
  labels: readonly number[],
): { pairs: PairOfPairs[]; clearance: number } {
  const pairs: PairOfPairs[] = [];
  let clearance = Infinity;
  labels.forEach((identity, anchor) => {
    const positive = farthest(rowOf(distances, labels, anchor), positivesOf(labels, anchor));
    const negative = nearest(rowOf(distances, labels, anchor), negativesOf(labels, anchor));
    if (positive === null || negative === null) return;
    const thirds = negativesOf(labels, negative.index).filter((k) => labels[k] !== identity);
    const third = nearest(rowOf(distances, labels, negative.index), thirds);
    if (third === null) return;
    pairs.push({ positive: [anchor, positive.index], others: [negative.index, third.index] });
    clearance = Math.min(clearance, positive.lead, negative.lead, third.lead);
  });
  return { pairs, clearance };
}

function rowOf(distances: Float64Array, labels: readonly number[], anchor: number): Float64Array {
  return distances.subarray(anchor * labels.length, (anchor + 1) * labels.length);
}

function positivesOf(labels: readonly number[], anchor: number): number[] {
  return [...labels.keys()].filter((i) => i !== anchor && labels[i] === labels[anchor]);
}

function negativesOf(labels: readonly number[], anchor: number): number[] {
  return [...labels.keys()].filter((i) => labels[i] !== labels[anchor]);
}

/** The candidate of greatest score, and its lead over the runner-up. */
interface Choice {
  index: number;
  lead: number;
}

function farthest(row: Float64Array, candidates: number[]): Choice | null {
  return best(candidates, (i) => row[i]);
}

function nearest(row: Float64Array, candidates: number[]): Choice | null {
  return best(candidates, (i) => -row[i]);
}

function best(candidates: number[], score: (index: number) => number): Choice | null {
  if (candidates.length === 0) return null;
  const index = candidates.reduce((leader, i) => score(i) > score(leader) ? i : leader);
  const others = candidates.filter((i) => i !== index);
  return { index, lead: Math.min(Infinity, ...others.map((i) => score(index) - score(i))) };
}
