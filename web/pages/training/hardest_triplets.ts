/** The hardest triplets of a batch. */
import { itemAt } from "../../../engine/item_at.ts";

/** A triplet, as indices in the batch, and its two distances. */
export interface HardTriplet {
  readonly anchor: number;
  readonly positive: number;
  readonly negative: number;
  readonly positiveDistance: number;
  readonly negativeDistance: number;
}

/**
 * Of each person the hardest triplet of an anchor with its farthest positive and its nearest negative, by d(a, p) -
 * d(a, n), the hardest first.
 *
 * @param distances [B, B].
 * @param identity the person on each picture, [B].
 */
export function hardestTriplets(distances: Float32Array, identity: Int32Array, count: number): HardTriplet[] {
  const all: { person: number; triplet: HardTriplet }[] = [];
  for (const [anchor, person] of identity.entries()) {
    let positive = -1, negative = -1;
    const d = (other: number) => itemAt(distances, anchor * identity.length + other);
    for (const [other, otherPerson] of identity.entries()) {
      if (other === anchor) continue;
      if (otherPerson === person) {
        if (positive < 0 || d(other) > d(positive)) positive = other;
      } else if (negative < 0 || d(other) < d(negative)) negative = other;
    }
    if (positive < 0 || negative < 0) continue;
    const [positiveDistance, negativeDistance] = [d(positive), d(negative)];
    all.push({ person, triplet: { anchor, positive, negative, positiveDistance, negativeDistance } });
  }
  const hardness = (t: HardTriplet) => t.positiveDistance - t.negativeDistance;
  all.sort(({ triplet: a }, { triplet: b }) => hardness(b) - hardness(a) || a.anchor - b.anchor);
  const hardest = new Map<number, HardTriplet>();
  for (const { person, triplet } of all) if (!hardest.has(person)) hardest.set(person, triplet);
  return [...hardest.values()].slice(0, count);
}
