/** Embeddings of a dataset's images, to compare people by. */
import { embedImages } from "../embed/embed_images.ts";
import { itemAt } from "../engine/item_at.ts";
import type { Embedder } from "../model/embedder.ts";
import { toUnitLength } from "../model/unit_length.ts";
import type { InspectedImage } from "./read_images.ts";

/** The images of people, with their embeddings; distractors show nobody in particular, and are left out. */
export interface EmbeddedPeople {
  /** Indices in the inspection, ascending. */
  readonly images: readonly number[];
  /** The person of each. */
  readonly identity: readonly number[];
  /** The camera of each. */
  readonly camera: readonly number[];
  /** [images, size], each of length one: their products are cosines. */
  readonly values: Float32Array;
  readonly size: number;
}

/**
 * Embeds the images of people. Those of which the network has no features are left out.
 *
 * @param onProgress called with the number of images so far and in all.
 */
export async function embedPeople(
  embedder: Embedder,
  images: readonly InspectedImage[],
  { workers, onProgress = () => {} }: { workers: number; onProgress?: (done: number, total: number) => void },
): Promise<EmbeddedPeople> {
  const shown = [...images.keys()].filter((image) => itemAt(images, image).identity > 0);
  const files = shown.map((image) => ({ id: String(image), path: itemAt(images, image).path }));
  const size = embedder.model.embeddingSize;
  const values = new Float32Array(shown.length * size);
  const kept: number[] = [];
  let done = 0;
  for await (const result of embedImages(embedder, files, { workers })) {
    if ("embedding" in result) {
      values.set(result.embedding, kept.length * size);
      kept.push(Number(result.id));
    }
    onProgress(++done, files.length);
  }
  const used = values.subarray(0, kept.length * size);
  toUnitLength(used, size);
  return {
    images: kept,
    identity: kept.map((image) => itemAt(images, image).identity),
    camera: kept.map((image) => itemAt(images, image).camera),
    values: used,
    size,
  };
}

/** The cosine of two of the images. */
export function cosine(
  { values, size }: Pick<EmbeddedPeople, "values" | "size">,
  a: number,
  b: number,
): number {
  let sum = 0;
  for (let c = 0, i = a * size, j = b * size; c < size; c++) sum += values[i + c]! * values[j + c]!;
  return sum;
}

/** Rows of the images of each person. */
export function rowsOfPeople({ identity }: Pick<EmbeddedPeople, "identity">): Map<number, number[]> {
  return Map.groupBy(identity.keys(), (row) => itemAt(identity, row));
}
