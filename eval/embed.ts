/** Embeddings of the images of a store, batch by batch. */
import type { PixelStore } from "../data/pixels.ts";
import type { Embedder } from "../model/embedder.ts";
import { chunks } from "./ranges.ts";
import { joined, type Share, WHOLE } from "./share.ts";
import { submitEach } from "./submit_each.ts";

/**
 * Embeds images of a store.
 *
 * @param indices The images, [n].
 * @param options `flip` averages over the mirror image (default false): see {@linkcode Embedder.submit}. `onProgress`
 *   is called with the number of images embedded so far and in all. Of several processes, each embeds its `share`.
 * @returns Embeddings [n, D], row-major.
 */
export async function embedStored(
  embedder: Embedder,
  store: PixelStore,
  indices: readonly number[],
  { flip = false, onProgress = () => {}, share = WHOLE }: {
    flip?: boolean;
    onProgress?: (done: number, total: number) => void;
    share?: Share;
  } = {},
): Promise<Float32Array<ArrayBuffer>> {
  const { batch, model: { embeddingSize: size } } = embedder;
  const [first, last] = share.range(indices.length, batch);
  const own = new Float32Array((last - first) * size);
  await submitEach(chunks([first, last], batch), async ([from, to]) => {
    const pixels = new Uint8Array((to - from) * store.stride);
    await store.batch(indices.slice(from, to), pixels);
    const { embeddings } = await embedder.submit(pixels, to - from, { flip, more: to < last });
    const done = embeddings.then((rows) => {
      own.set(rows, (from - first) * size);
      // Those of the others are about as far.
      onProgress(Math.round(indices.length * (to - first) / (last - first)), indices.length);
    });
    return { done };
  });
  return joined(await share.gather(own));
}
