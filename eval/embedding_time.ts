/** How long a network takes to embed an image. */
import type { PixelStore } from "../data/pixels.ts";
import { itemAt } from "../engine/item_at.ts";
import type { Embedder } from "../model/embedder.ts";

/** Batches before the clock runs, while kernels are compiled and caches filled, and batches that are timed. */
const WARM_UP = 3, TIMED = 15;

/**
 * The median time of an image in a full batch, from pixels in memory to the embedding in memory, one batch at a time.
 *
 * @param images usable images of the store, at least one; they are repeated to fill a batch.
 * @returns seconds.
 */
export async function embeddingTime(
  embedder: Pick<Embedder, "batch" | "submit">,
  store: Pick<PixelStore, "batch" | "stride">,
  images: readonly number[],
  { flip = false, now = () => performance.now() }: { flip?: boolean; now?: () => number } = {},
): Promise<number> {
  const { batch } = embedder;
  const pixels = new Uint8Array(batch * store.stride);
  await store.batch(Array.from({ length: batch }, (_, i) => itemAt(images, i % images.length)), pixels);
  const seconds: number[] = [];
  for (let i = 0; i < WARM_UP + TIMED; i++) {
    const start = now();
    await (await embedder.submit(pixels, batch, { flip })).embeddings;
    if (i >= WARM_UP) seconds.push((now() - start) / 1000);
  }
  return itemAt(seconds.sort((a, b) => a - b), (TIMED - 1) / 2) / batch;
}
