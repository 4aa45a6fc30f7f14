/**
 * Ranking by the Market-1501 protocol (Zheng et al. 2015, "Scalable Person Re-identification: A Benchmark"):
 * CMC, mean average precision in both of its usual definitions, and the mean inverse negative penalty (Ye et al.
 * 2021, "Deep Learning for Person Re-identification: A Survey and Outlook").
 *
 * For a query, gallery images of the same identity *and* the same camera are removed: they count neither as right
 * nor as wrong. Identity −1, junk, is removed for every query. Identity 0, the distractors, is wrong for everyone.
 * Where distances tie, wrong matches rank first, so that a network whose embeddings have collapsed scores nothing.
 *
 * No row is sorted. The rank of a query's i-th nearest right match at distance d is i plus the number of wrong
 * matches at distance <= d, and those are counted in one pass over the row.
 */

/** Identity of junk boxes. */
export const JUNK: number = -1;

/** Identity and camera of every image of a set, in the order of its distances. */
export interface ImageLabels {
  /** The person; 0 is a distractor, −1 junk. */
  readonly identity: Int32Array;
  /** The camera. */
  readonly camera: Int32Array;
}

/** The scores of one gallery ranked for many queries; every share and mean lies from 0 to 1. */
export interface RankingResult {
  /** Share of queries with a right match among the first k. */
  readonly rank: Readonly<Record<1 | 5 | 10 | 20, number>>;
  /** The same for k = 1, 2, ..., 50. */
  readonly cmc: Float64Array;
  /** Mean of the average precision (1/N)·Σ (i+1)/(r_i+1), r_i the 0-based rank of the i-th of N right matches. */
  readonly mAP: number;
  /** The same by the dataset's own code: (1/N)·Σ ½·[(i+1)/(r_i+1) + i/r_i], the last term 1 where r_i = 0. */
  readonly mAPTrapezoid: number;
  /** Mean of N/(r_N+1), r_N the rank of the hardest right match. */
  readonly mINP: number;
  /** Queries scored. */
  readonly queries: number;
  /** Queries left out, as the gallery has no right match for them. */
  readonly queriesWithoutMatch: number;
  /** Gallery images ranked: all but junk. */
  readonly gallery: number;
  /** Junk images left out of the gallery. */
  readonly junk: number;
  /** Distractors among the images ranked. */
  readonly distractors: number;
}

const CMC_LENGTH = 50;

/** Positions of a gallery's images by identity. */
function byIdentity(identity: Int32Array): Map<number, number[]> {
  const positions = new Map<number, number[]>();
  for (let j = 0; j < identity.length; j++) {
    const list = positions.get(identity[j]);
    if (list === undefined) positions.set(identity[j], [j]);
    else list.push(j);
  }
  return positions;
}

/** The first place in ascending `sorted` whose value is at least `value`; its length where none is. */
function lowerBound(sorted: Float32Array, value: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Adds up scores query by query, so that distances are needed a block at a time: memory is bounded by the
 * caller's block, however many queries and gallery images there are.
 */
export class RankingAccumulator {
  #gallery: ImageLabels;
  #positions: Map<number, number[]>;
  #firstMatches = new Float64Array(CMC_LENGTH);
  #precision = 0;
  #precisionTrapezoid = 0;
  #inversePenalty = 0;
  #queries = 0;
  #queriesWithoutMatch = 0;

  /** Begins without queries; `gallery` has the labels in the order in which rows hold distances. */
  constructor(gallery: ImageLabels) {
    this.#gallery = gallery;
    this.#positions = byIdentity(gallery.identity);
  }

  /**
   * Ranks the gallery for a block of queries.
   *
   * @param distances [queries, gallery], row-major.
   * @param queries labels of the block's queries, none of them junk.
   * @throws {RangeError} if the sizes do not fit, or a distance is NaN.
   */
  addBlock(distances: Float32Array, queries: ImageLabels): void {
    const count = queries.identity.length, width = this.#gallery.identity.length;
    if (distances.length !== count * width) {
      throw new RangeError(
        `Cannot rank ${distances.length} distances: ${count} queries × ${width} gallery images need ${
          count * width
        }`,
      );
    }
    for (let q = 0; q < count; q++) {
      const row = distances.subarray(q * width, (q + 1) * width);
      this.addRanks(this.ranks(row, queries.identity[q], queries.camera[q]));
    }
  }

  /**
   * The ranks of a query's right matches: 0-based, ascending, after removal; none if it has no right match.
   *
   * @param row distances to every gallery image.
   * @throws {RangeError} if a distance is NaN.
   */
  ranks(row: Float32Array, identity: number, camera: number): Int32Array {
    const sameIdentity = this.#positions.get(identity) ?? [];
    const right = sameIdentity.filter((j) => this.#gallery.camera[j] !== camera);
    if (right.length === 0) return new Int32Array(0);
    const matches = Float32Array.from(right, (j) => row[j]).sort();

    // Counts all images by the first match that is no nearer than they are, then takes back those that are not
    // wrong matches.
    const nearer = new Int32Array(matches.length);
    const farthest = matches[matches.length - 1];
    for (let j = 0; j < row.length; j++) {
      const distance = row[j];
      if (distance > farthest) continue;
      if (Number.isNaN(distance)) throw nanDistance(j);
      nearer[lowerBound(matches, distance)]++;
    }
    for (const others of [sameIdentity, this.#positions.get(JUNK) ?? []]) {
      for (const j of others) if (row[j] <= farthest) nearer[lowerBound(matches, row[j])]--;
    }
    let wrong = 0;
    return nearer.map((count, i) => (wrong += count) + i);
  }

  /** Scores one query by the ranks of its right matches, as {@linkcode ranks} gives them. */
  addRanks(ranks: Int32Array): void {
    if (ranks.length === 0) {
      this.#queriesWithoutMatch++;
      return;
    }
    let precision = 0, trapezoid = 0;
    for (let i = 0; i < ranks.length; i++) {
      const after = (i + 1) / (ranks[i] + 1);
      const before = ranks[i] === 0 ? 1 : i / ranks[i];
      precision += after;
      trapezoid += (after + before) / 2;
    }
    this.#queries++;
    this.#precision += precision / ranks.length;
    this.#precisionTrapezoid += trapezoid / ranks.length;
    this.#inversePenalty += ranks.length / (ranks[ranks.length - 1] + 1);
    if (ranks[0] < CMC_LENGTH) this.#firstMatches[ranks[0]]++;
  }

  /** The scores of all queries so far; all 0 where there was none. */
  result(): RankingResult {
    const queries = Math.max(1, this.#queries);
    let found = 0;
    const cmc = this.#firstMatches.map((count) => (found += count) / queries);
    const junk = this.#positions.get(JUNK)?.length ?? 0;
    return {
      rank: { 1: cmc[0], 5: cmc[4], 10: cmc[9], 20: cmc[19] },
      cmc,
      mAP: this.#precision / queries,
      mAPTrapezoid: this.#precisionTrapezoid / queries,
      mINP: this.#inversePenalty / queries,
      queries: this.#queries,
      queriesWithoutMatch: this.#queriesWithoutMatch,
      gallery: this.#gallery.identity.length - junk,
      junk,
      distractors: this.#positions.get(0)?.length ?? 0,
    };
  }
}

/** A gallery image in a query's ranking. */
export interface RankedMatch {
  /** Its place in the gallery. */
  readonly index: number;
  /** Its distance to the query. */
  readonly distance: number;
  /** Whether it shows the query's identity. */
  readonly right: boolean;
}

/** The order of a ranking: by distance, wrong ones first where distances tie, then by index. */
export function nearestFirst(a: RankedMatch, b: RankedMatch): number {
  return a.distance < b.distance ? -1 : a.distance > b.distance ? 1 : Number(a.right) - Number(b.right) ||
    a.index - b.index;
}

/** What is thrown where a gallery image has no distance. */
export function nanDistance(index: number): RangeError {
  return new RangeError(`Cannot rank by a distance that is NaN (gallery image ${index})`);
}

/**
 * A query's first `count` matches, nearest first, by the same rules as the scores: junk and the same identity in
 * the same camera left out, wrong ones first where distances tie, then by index.
 *
 * @param row distances to every gallery image.
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
  for (let index = 0; index < row.length; index++) {
    const distance = row[index];
    if (top.length >= count && distance > top[top.length - 1].distance) continue;
    if (gallery.identity[index] === JUNK) continue;
    const right = gallery.identity[index] === identity;
    if (right && gallery.camera[index] === camera) continue;
    let place = top.length;
    const match = { index, distance, right };
    while (place > 0 && nearestFirst(match, top[place - 1]) < 0) place--;
    top.splice(place, 0, match);
    if (top.length > count) top.pop();
  }
  return top;
}
