/** Pairs of images whose distances are known, and their rates written as literally as their definitions read. */
import { Random } from "../../../engine/random.ts";
import type { ImageLabels } from "../../../eval/ranking.ts";
import type { PairKind, PairProblem } from "../../../eval/verification/pairs.ts";
import { type Share, WHOLE } from "../../../eval/share.ts";

/** Labels of images, and distances that are smaller within a person. */
export function drawPairs(seed: number, { people = 8, cameras = 3, queries = 40, gallery = 90 } = {}) {
  const random = new Random(seed);
  const labels = (count: number, least: number): ImageLabels => {
    const identity = Int32Array.from({ length: count }, () => least + random.integer(people + 1 - least));
    return { identity: identity.sort(), camera: identity.map(() => 1 + random.integer(cameras)) };
  };
  const of = { queries: labels(queries, 1), gallery: labels(gallery, -1) };
  const distances = Array.from(
    of.queries.identity,
    (person) =>
      Float32Array.from(of.gallery.identity, (other) => {
        const distance = (person === other ? 0.6 : 1) + 0.2 * random.normal();
        return Math.max(0, Math.round(50 * distance) / 50); // Ties.
      }),
  );
  return { ...of, distances };
}

export type DrawnPairs = ReturnType<typeof drawPairs>;

/** The problem as `verify` takes it. */
export function problemOf({ queries, gallery, distances }: DrawnPairs, share: Share = WHOLE): PairProblem {
  const [from, to] = share.range(distances.length);
  return {
    queries,
    gallery,
    async *rows() {
      for (let query = from; query < to; query++) yield [query, distances[query]!];
    },
  };
}

/** A pair: the numbers of its people, and its distance. */
export interface Pair {
  readonly query: number;
  readonly other: string;
  readonly same: boolean;
  readonly distance: number;
}

/** All pairs of a kind, one by one. */
export function literalPairs({ queries, gallery, distances }: DrawnPairs, kind: PairKind): Pair[] {
  return [...queries.identity].flatMap((query, q) =>
    [...gallery.identity].flatMap((identity, j): Pair[] => {
      const isSameCamera = queries.camera[q] === gallery.camera[j];
      if (identity === -1 || isSameCamera !== (kind === "same-camera")) return [];
      const other = identity === 0 ? `distractor ${j}` : String(identity);
      return [{ query, other, same: identity === query, distance: distances[q]![j]! }];
    })
  );
}

/** The share of pairs, of one person or of two, with at most this distance. */
export function literalRate(pairs: readonly Pair[], same: boolean, distance: number): number {
  const of = pairs.filter((pair) => pair.same === same);
  return of.filter((pair) => pair.distance <= distance).length / of.length;
}
