/** The pairs of images that a verification counts. */
import { itemAt } from "../../engine/item_at.ts";
import { type ImageLabels, JUNK } from "../ranking.ts";

/** Kinds of pairs: of images by two cameras, or by one. They differ in difficulty, so each has separate rates. */
export const PAIR_KINDS = ["cross-camera", "same-camera"] as const;

/** A kind of pairs. */
export type PairKind = typeof PAIR_KINDS[number];

/** Images, the pairs of them that count, and how to get their distances. */
export interface PairProblem {
  readonly queries: ImageLabels;
  readonly gallery: ImageLabels;
  /** The rows of this process: the query of each and its distances to the whole gallery. Called twice. */
  rows(): AsyncIterable<readonly [query: number, distances: Float32Array]>;
  /** The gallery image that is the very same file as a query, which makes no pair; −1 where there is none. */
  readonly itself?: Int32Array;
  /** Whether queries and gallery are the same list, in which only pairs with a later image count. */
  readonly withinOneList?: boolean;
}

/** Who is on an image: people are numbered from 0, and each distractor after them is somebody unknown. */
export interface People {
  /** Of the queries, [n]. */
  readonly queries: Int32Array;
  /** Of the gallery, [m]; −1 for junk. */
  readonly gallery: Int32Array;
  /** The numbers of people and of distractors. */
  readonly groups: readonly [people: number, distractors: number];
}

/** Numbers the people of queries and gallery. */
export function numberPeople({ queries, gallery }: Pick<PairProblem, "queries" | "gallery">): People {
  const known = new Set([...queries.identity, ...gallery.identity]);
  known.delete(0);
  known.delete(JUNK);
  const number = new Map([...known].sort((a, b) => a - b).map((identity, i) => [identity, i]));
  let distractors = 0;
  const of = (identity: number) =>
    number.get(identity) ?? (identity === JUNK ? -1 : number.size + distractors++);
  const numbers = { queries: queries.identity.map(of), gallery: gallery.identity.map(of) };
  return { ...numbers, groups: [number.size, distractors] };
}

/**
 * Calls `visit` for every pair of a row that counts.
 *
 * @param visit Receives the index in the gallery, and the index of the pair's kind in {@link PAIR_KINDS}.
 */
export function forEachPair(
  { queries, gallery, itself, withinOneList = false }: PairProblem,
  people: People,
  query: number,
  visit: (index: number, kind: 0 | 1) => void,
): void {
  const camera = itemAt(queries.camera, query), same = itself?.[query] ?? -1;
  for (let j = withinOneList ? query + 1 : 0; j < gallery.camera.length; j++) {
    if (j === same || people.gallery[j]! < 0) continue;
    visit(j, gallery.camera[j] === camera ? 1 : 0);
  }
}
