/** Vectors of tracklets: one for all images of a person on one walk past a camera. */
import type { NamedBy } from "../data/layouts/image_name.ts";
import { itemAt } from "../engine/item_at.ts";
import { meansOf } from "../model/means.ts";
import type { ImageEmbedding } from "./embed_images.ts";
import { factsOf } from "./image_facts.ts";
import type { ImageFile, KnownFacts } from "./image_files.ts";

/**
 * Puts the images of each tracklet together, where its first one is, by time; keeps the order otherwise.
 *
 * @param named How the images are named that nothing else is known of.
 */
export function inTracklets(files: readonly ImageFile[], named: NamedBy): ImageFile[] {
  const known = files.map((file) => ({ ...file, known: file.known ?? factsOf(file.path, named) }));
  const groups = Map.groupBy(known, ({ id, known: { tracklet } }) => tracklet ?? ` ${id}`);
  const timeOf = ({ known: { time = 0 } }: { readonly known: KnownFacts }) => time;
  return [...groups.values()].flatMap((group) => group.sort((a, b) => timeOf(a) - timeOf(b)));
}

/**
 * The vectors of tracklets whose images follow one another. A tracklet has the id, the camera and the time of its first
 * image; `images` counts those that have a vector, and `spread` is 1 minus the mean cosine of these to their mean.
 *
 * @param unitLength Whether to scale the means to length one, as the network's embeddings are.
 */
export function meansOfTracklets(images: readonly ImageEmbedding[], unitLength: boolean): ImageEmbedding[] {
  const groups: ImageEmbedding[][] = [];
  for (const image of images) {
    const last = groups.at(-1);
    if (last !== undefined && image.tracklet !== undefined && last[0]?.tracklet === image.tracklet) {
      last.push(image);
    } else groups.push([image]);
  }
  return groups.map((group) => {
    const first = itemAt(group, 0), embeddings = group.map(({ embedding }) => embedding);
    const mean = meansOf([embeddings], first.embedding.length, unitLength);
    const spread = embeddings.reduce((sum, embedding) => sum + 1 - cosine(embedding, mean), 0) / group.length;
    return { ...first, embedding: mean, images: group.length, spread: Math.fround(spread) };
  });
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  return lengths === 0 ? 0 : Math.min(1, dot(a, b) / lengths);
}
