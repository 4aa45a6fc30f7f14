/** Embeddings of the images of a store, batch by batch. */
import type { PixelStore } from "../data/pixels.ts";
import type { Embedder } from "../model/embedder.ts";
import { chunks } from "./ranges.ts";
import { submitEach } from "./submit_each.ts";

/**
 * Embeds images of a store.
 *
 * @param indices The images, [n].
 * @param options `flip` averages over the mirror image (default false): see {@linkcode Embedder.submit}. `onProgress`
 *   is called with the number of images embedded so far and in all.
 * @returns Embeddings [n, D], row-major.
 */
export async function embedStored(
  embedder: Embedder,
  store: PixelStore,
  indices: readonly number[],
  { flip = false, onProgress = () => {} }: {
    flip?: boolean;
    onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<Float32Array<ArrayBuffer>> {
  const { batch, model: { embeddingSize: size } } = embedder;
  const all = new Float32Array(indices.length * size);
  await submitEach(chunks([0, indices.length], batch), async ([from, to]) => {
    const pixels = new Uint8Array((to - from) * store.stride);
    await store.batch(indices.slice(from, to), pixels);
    const { embeddings } = await embedder.submit(pixels, to - from, { flip, more: to < indices.length });
    const done = embeddings.then((rows) => {
      all.set(rows, from * size);
      onProgress(to, indices.length);
    });
    return { done };
  });
  return all;
}
