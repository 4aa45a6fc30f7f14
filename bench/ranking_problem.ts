/** A random problem, by default of Market-1501's size: as many queries, gallery images, distractors and identities. */
import type { FlagTable } from "../cli/flags.ts";
import type { Random } from "../engine/mod.ts";
import type { EmbeddedSet, RankingProblem } from "../eval/rank_gallery.ts";

/** How large it is: by default as many queries as the published dataset has, and the ranked part of its gallery. */
export const PROBLEM_FLAGS = {
  queries: { type: "integer", min: 1, max: 100_000, default: 3368, help: "Query images." },
  gallery: { type: "integer", min: 100, max: 50_000, default: 15_913, help: "Gallery images." },
} as const satisfies FlagTable;

/** The sizes that {@link PROBLEM_FLAGS} give. */
export interface ProblemSize {
  readonly queries: number;
  readonly gallery: number;
}

/** Length of an embedding: MobileNetV2's own. */
export const SIZE = 1280;

/** The share of the gallery that shows nobody who is searched for. */
const DISTRACTORS = 2798 / 15_913;
const IDENTITIES = 750, CAMERAS = 6;

/**
 * Draws the problem.
 *
 * @param likeness share of an embedding's variance that all images of a person have in common, from 0, where nobody
 *   is like anybody, up to 1; distractors are like nobody.
 */
export function drawProblem(
  { queries, gallery }: ProblemSize,
  random: Random,
  likeness: number,
): RankingProblem {
  const [common, own] = [Math.sqrt(likeness), Math.sqrt(1 - likeness)];
  const people = Float32Array.from(
    { length: likeness > 0 ? (1 + IDENTITIES) * SIZE : 0 },
    (_, i) => i < SIZE ? 0 : common * random.normal(),
  );
  const draw = (count: number, identityOf: (i: number) => number): EmbeddedSet => {
    const embeddings = Float32Array.from({ length: count * SIZE }, () => own * random.normal());
    const labels = {
      identity: Int32Array.from({ length: count }, (_, i) => identityOf(i)),
      camera: Int32Array.from({ length: count }, () => 1 + random.integer(CAMERAS)),
    };
    if (likeness > 0) {
      for (let i = 0; i < embeddings.length; i++) {
        embeddings[i] += people[labels.identity[Math.floor(i / SIZE)] * SIZE + i % SIZE];
      }
    }
    return { embeddings, labels };
  };
  const person = () => 1 + random.integer(IDENTITIES);
  return {
    queries: draw(queries, person),
    gallery: draw(gallery, (i) => i < DISTRACTORS * gallery ? 0 : person()),
    size: SIZE,
    metric: "euclidean",
  };
}
