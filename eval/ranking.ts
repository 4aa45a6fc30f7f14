/**
 * Ranking by the Market-1501 protocol (Zheng et al. 2015, "Scalable Person Re-identification: A Benchmark"):
 * CMC, mean average precision in both of its usual definitions, and the mean inverse negative penalty (Ye et al.
 * 2021, "Deep Learning for Person Re-identification: A Survey and Outlook").
 *
 * For a query, gallery images of the same identity *and* the same camera are removed: they are neither right nor wrong
 * matches. Identity −1, junk, is removed for every query. Identity 0, the distractors, is wrong for every query.
 * Where distances tie, wrong matches rank first, so that a network with collapsed embeddings scores 0.
 *
 * No row is sorted. The rank of a query's i-th nearest right match at distance d is i plus the number of wrong
 * matches at distance <= d, which are counted in one pass over the row.
 */
import { itemAt } from "../engine/item_at.ts";

/** Identity of junk boxes. */
export const JUNK: number = -1;

/** Identity and camera of every image of a set, in the set's order. */
export interface ImageLabels {
  /** The person; 0 is a distractor, −1 junk. */
  readonly identity: Int32Array;
  /** The camera. */
  readonly camera: Int32Array;
}

/** The scores of one gallery ranked for many queries; every share and mean is between 0 and 1. */
export interface RankingResult {
  /** Share of queries with a right match among the first k. */
  readonly rank: Readonly<Record<1 | 5 | 10 | 20, number>>;
  /** The same for k = 1, 2, ..., 50. */
  readonly cmc: Float64Array;
  /** Mean of the average precision (1/N)·Σ (i+1)/(r_i+1), r_i the 0-based rank of the i-th of N right matches. */
  readonly mAP: number;
  /** The same by the dataset's code: (1/N)·Σ ½·[(i+1)/(r_i+1) + i/r_i], the last term 1 where r_i = 0. */
  readonly mAPTrapezoid: number;
  /** Mean of N/(r_N+1), r_N the rank of the last right match. */
  readonly mINP: number;
  /** Queries scored. */
  readonly queries: number;
  /** Queries left out because the gallery has no right match for them. */
  readonly queriesWithoutMatch: number;
  /** Gallery images ranked: all but junk. */
  readonly gallery: number;
  /** Junk images left out of the gallery. */
  readonly junk: number;
  /** Distractors among the images ranked. */
  readonly distractors: number;
}

const CMC_LENGTH = 50;

/** Indices of the images of each identity, ascending. */
export function indicesByIdentity(identity: Int32Array): Map<number, number[]> {
  const byIdentity = new Map<number, number[]>();
  for (const [index, person] of identity.entries()) {
    const indices = byIdentity.get(person);
    if (indices === undefined) byIdentity.set(person, [index]);
    else indices.push(index);
  }
  return byIdentity;
}

/** The first index in ascending `sorted` whose value is at least `value`; the length where there is none. */
function lowerBound(sorted: Float32Array, value: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Both average precisions of a query by the ranks of its right matches; NaN where it has none. */
export function averagePrecision(ranks: Int32Array): { plain: number; trapezoid: number } {
  let plain = 0, trapezoid = 0;
  for (const [i, rank] of ranks.entries()) {
    const after = (i + 1) / (rank + 1);
    const before = rank === 0 ? 1 : i / rank;
    plain += after;
    trapezoid += (after + before) / 2;
  }
  return { plain: plain / ranks.length, trapezoid: trapezoid / ranks.length };
}

/**
 * Accumulates scores query by query, so that the caller needs to hold only a block of distances at a time, regardless of
 * the number of queries and gallery images.
 */
export class RankingAccumulator {
  #gallery: ImageLabels;
  #byIdentity: Map<number, number[]>;
  #firstMatches = new Float64Array(CMC_LENGTH);
  #precision = 0;
  #precisionTrapezoid = 0;
  #inversePenalty = 0;
  #queries = 0;
  #queriesWithoutMatch = 0;

  /** Starts without queries; `gallery` has the labels in the order of a row's distances. */
  constructor(gallery: ImageLabels) {
    this.#gallery = gallery;
    this.#byIdentity = indicesByIdentity(gallery.identity);
  }

  /**
   * Ranks the gallery for a block of queries.
   *
   * @param distances [queries, gallery], row-major.
   * @param queries Labels of the block's queries, none of them junk.
   * @throws {RangeError} If the sizes do not fit, or a distance is NaN.
   */
  addBlock(distances: Float32Array, queries: ImageLabels): void {
    const count = queries.identity.length, width = this.#gallery.identity.length;
    if (distances.length !== count * width) {
      const needed = count * width;
      throw new RangeError(
        `Cannot rank ${distances.length} distances: ${count} queries × ${width} gallery images need ${needed}`,
      );
    }
    for (const [q, identity] of queries.identity.entries()) {
      const row = distances.subarray(q * width, (q + 1) * width);
      this.addRanks(this.ranks(row, identity, itemAt(queries.camera, q)));
    }
  }

  /**
   * The ranks of a query's right matches: 0-based, ascending, after removal; none if it has no right match.
   *
   * @param row Distances to every gallery image.
   * @throws {RangeError} If a distance is NaN.
   */
  ranks(row: Float32Array, identity: number, camera: number): Int32Array {
    const sameIdentity = this.#byIdentity.get(identity) ?? [];
    const right = sameIdentity.filter((j) => this.#gallery.camera[j] !== camera);
    const matches = Float32Array.from(right, (j) => itemAt(row, j)).sort();
    const farthest = matches.at(-1);
    if (farthest === undefined) return new Int32Array(0);

    // Counts all images by the first match that is no nearer than they are, then subtracts those that are not wrong
    // matches.
    const nearer = new Int32Array(matches.length);
    const count = (j: number, weight: 1 | -1) => {
      const distance = row[j]!;
      if (distance > farthest) return;
      if (Number.isNaN(distance)) throw nanDistance(j);
      nearer[lowerBound(matches, distance)]! += weight;
    };
    for (let j = 0; j < row.length; j++) count(j, 1);
    for (const j of sameIdentity) count(j, -1);
    for (const j of this.#byIdentity.get(JUNK) ?? []) count(j, -1);
    let wrong = 0;
    return nearer.map((count, i) => (wrong += count) + i);
  }

  /** Scores one query by the ranks of its right matches, as {@linkcode ranks} gives them. */
  addRanks(ranks: Int32Array): void {
    const first = ranks.at(0), last = ranks.at(-1);
    if (first === undefined || last === undefined) {
      this.#queriesWithoutMatch++;
      return;
    }
    const precision = averagePrecision(ranks);
    this.#queries++;
    this.#precision += precision.plain;
    this.#precisionTrapezoid += precision.trapezoid;
    this.#inversePenalty += ranks.length / (last + 1);
    if (first < CMC_LENGTH) this.#firstMatches[first]! += 1;
  }

  /** The scores of all queries so far; all 0 where there was none. */
  result(): RankingResult {
    const queries = Math.max(1, this.#queries);
    let found = 0;
    const cmc = this.#firstMatches.map((count) => (found += count) / queries);
    const at = (k: number) => itemAt(cmc, k - 1);
    const junk = this.#byIdentity.get(JUNK)?.length ?? 0;
    return {
      rank: { 1: at(1), 5: at(5), 10: at(10), 20: at(20) },
      cmc,
      mAP: this.#precision / queries,
      mAPTrapezoid: this.#precisionTrapezoid / queries,
      mINP: this.#inversePenalty / queries,
      queries: this.#queries,
      queriesWithoutMatch: this.#queriesWithoutMatch,
      gallery: this.#gallery.identity.length - junk,
      junk,
      distractors: this.#byIdentity.get(0)?.length ?? 0,
    };
  }
}

/** A gallery image in a query's ranking. */
export interface RankedMatch {
  /** Its index in the gallery. */
  readonly index: number;
  /** Its distance to the query. */
  readonly distance: number;
  /** Whether it shows the query's identity. */
  readonly right: boolean;
}

/** The order of a ranking: by distance, wrong ones first where distances tie, then by index. */
export function nearestFirst(a: RankedMatch, b: RankedMatch): number {
  if (a.distance < b.distance) return -1;
  if (a.distance > b.distance) return 1;
  return Number(a.right) - Number(b.right) || a.index - b.index;
}

/** The error for a gallery image whose distance is NaN. */
export function nanDistance(index: number): RangeError {
  return new RangeError(`Cannot rank by a distance that is NaN (gallery image ${index})`);
}

/**
 * A query's first `count` matches, nearest first, by the same rules as the scores: without junk and without the same
 * identity in the same camera; where distances tie, wrong ones first, then by index.
 *
 * @param row Distances to every gallery image; none may be NaN.
 */
export function topMatches(
  row: Float32Array,
  count: number,
  gallery: ImageLabels,
  identity: number,
  camera: number,
): RankedMatch[] {
  const top: RankedMatch[] = [];
  if (count < 1) return top;
  let farthest = Infinity; // Of the matches found, once there are `count`.
  for (let index = 0; index < row.length; index++) {
    const distance = row[index]!;
    if (distance > farthest) continue;
    const person = gallery.identity[index];
    if (person === JUNK) continue;
    const right = person === identity;
    if (right && gallery.camera[index] === camera) continue;
    top.push({ index, distance, right });
    top.sort(nearestFirst);
    if (top.length > count) top.pop();
    if (top.length === count) farthest = top.at(-1)?.distance ?? Infinity;
  }
  return top;
}
