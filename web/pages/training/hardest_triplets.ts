/** Which triplets of a batch are hardest: for pictures and for words. */

/** Places in the batch, and the two distances. */
export interface HardTriplet {
  readonly anchor: number;
  readonly positive: number;
  readonly negative: number;
  readonly positiveDistance: number;
  readonly negativeDistance: number;
}

/**
 * Every anchor with its farthest positive and its nearest negative, the hardest first: by d(a, p) - d(a, n), one of each
 * anchor's person at most, so that one odd picture does not fill the list.
 *
 * @param distances [B, B].
 * @param identity who is on each, [B].
 */
export function hardestTriplets(distances: Float32Array, identity: Int32Array, count: number): HardTriplet[] {
  const n = identity.length;
  const all: HardTriplet[] = [];
  for (let anchor = 0; anchor < n; anchor++) {
    let positive = -1, negative = -1;
    const d = (other: number) => distances[anchor * n + other];
    for (let other = 0; other < n; other++) {
      if (other === anchor) continue;
      if (identity[other] === identity[anchor]) {
        if (positive < 0 || d(other) > d(positive)) positive = other;
      } else if (negative < 0 || d(other) < d(negative)) negative = other;
    }
    if (positive < 0 || negative < 0) continue;
    all.push({ anchor, positive, negative, positiveDistance: d(positive), negativeDistance: d(negative) });
  }
  const hardness = (t: HardTriplet) => t.positiveDistance - t.negativeDistance;
  all.sort((a, b) => hardness(b) - hardness(a) || a.anchor - b.anchor);
  const seen = new Set<number>();
  return all.filter(({ anchor }) => {
    const first = !seen.has(identity[anchor]);
    seen.add(identity[anchor]);
    return first;
  }).slice(0, count);
}
