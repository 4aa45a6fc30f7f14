/** Embeddings of images of a store with those of their cells, for maps over the images. */
import type { PixelStore } from "../data/pixels.ts";
import type { Device } from "../engine/mod.ts";
import { itemAt } from "../engine/item_at.ts";
import { CellEmbedder, type ImageCells } from "../model/cell_embedder.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { chunks } from "./ranges.ts";

/**
 * Embeds images of a store and their cells.
 *
 * @param indices The images.
 * @param batch Images of a forward pass.
 * @returns The cells of each image by its index.
 */
export async function embedCells(
  device: Device,
  model: ReidModel,
  store: PixelStore,
  indices: Iterable<number>,
  batch: number,
): Promise<ReadonlyMap<number, ImageCells>> {
  const embedder = await CellEmbedder.open(device, model, batch);
  try {
    const all = [...new Set(indices)], found = new Map<number, ImageCells>();
    for (const [from, to] of chunks([0, all.length], embedder.batch)) {
      const pixels = new Uint8Array((to - from) * store.stride);
      const images = all.slice(from, to);
      await store.batch(images, pixels);
      const embedded = await embedder.embed(pixels, images.length);
      for (const [i, cells] of embedded.entries()) found.set(itemAt(images, i), cells);
    }
    return found;
  } finally {
    embedder.destroy();
  }
}
