/**
 * A process that adds batch after batch to the gallery in a folder, says so of every batch that is acknowledged, and
 * never ends by itself.
 */
import { openEmbedded } from "../../search/embedded_database.ts";
import { Gallery } from "../../search/gallery.ts";
import type { GalleryImage } from "../../search/gallery_types.ts";
import { namedModel } from "./random_images.ts";

/** Images to a batch. */
export const BATCH = 20;
/** Numbers to an embedding. */
export const DIMENSION = 8;

/** The images of a batch; every one follows from its id. */
export function batchOf(batch: number): GalleryImage[] {
  return Array.from({ length: BATCH }, (_, i) => ({
    id: `${batch}/${i}`,
    camera: String(i % 2),
    frame: batch,
    embedding: Float32Array.from({ length: DIMENSION }, (_, d) => Math.sin(1 + batch * BATCH + i + 100 * d)),
  }));
}

if (import.meta.main) {
  const [folder, first] = Deno.args;
  const database = await openEmbedded(folder, { create: true });
  const gallery = await Gallery.create(database, namedModel(DIMENSION));
  if (Number(first) === 0) await gallery.buildIndex();
  for (let batch = Number(first);; batch++) {
    await gallery.add(batchOf(batch));
    console.log(`added ${batch}`);
  }
}
