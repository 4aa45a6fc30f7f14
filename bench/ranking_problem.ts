/** A random problem of Market-1501's size: as many queries, gallery images, distractors and identities. */
import type { Random } from "../engine/mod.ts";
import type { EmbeddedSet, RankingProblem } from "../eval/rank_gallery.ts";

/** Queries of the published dataset, and the ranked part of its gallery. */
export const QUERIES = 3368, GALLERY = 15_913;
/** Length of an embedding: MobileNetV2's own. */
export const SIZE = 1280;

const DISTRACTORS = 2798, IDENTITIES = 750, CAMERAS = 6;

/**
 * Draws the problem.
 *
 * @param likeness share of an embedding's variance that all images of a person have in common, from 0, where nobody
 *   is like anybody, up to 1; distractors are like nobody.
 */
export function drawProblem(random: Random, likeness: number): RankingProblem {
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
    queries: draw(QUERIES, person),
    gallery: draw(GALLERY, (i) => i < DISTRACTORS ? 0 : person()),
    size: SIZE,
    metric: "euclidean",
  };
}
