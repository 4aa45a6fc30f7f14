/** Embeddings of the images of a store, batch by batch. */
import type { PixelStore } from "../data/pixels.ts";
import type { Embedder } from "../model/embedder.ts";

/**
 * Embeds the images of a store named by `indices`.
 *
 * @param flip average over the mirror image: see {@linkcode Embedder.submit}.
 * @returns embeddings [n, D], row-major.
 */
export async function embedStored(
  embedder: Embedder,
  store: PixelStore,
  indices: ArrayLike<number>,
  { flip = false, onProgress = () => {} }: {
    flip?: boolean;
    onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<Float32Array<ArrayBuffer>> {
  const { batch, model: { embeddingSize: size } } = embedder;
  const all = new Float32Array(indices.length * size);
  const waiting: Promise<void>[] = [];
  for (let start = 0; start < indices.length; start += batch) {
    const count = Math.min(batch, indices.length - start);
    const pixels = new Uint8Array(count * store.stride);
    await store.batch(Array.from({ length: count }, (_, i) => indices[start + i]), pixels);
    const { embeddings } = await embedder.submit(pixels, count, {
      flip,
      more: start + batch < indices.length,
    });
    const arrived = embeddings.then((rows) => {
      all.set(rows, start * size);
      onProgress(start + count, indices.length);
    });
    arrived.catch(() => {}); // It is thrown below, unless submitting throws before.
    waiting.push(arrived);
  }
  await Promise.all(waiting);
  return all;
}
