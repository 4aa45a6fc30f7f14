/**
 * Evaluation by tracklets (Zheng et al. 2016, "MARS: A Video Benchmark for Large-Scale Person Re-identification"): queries
 * and gallery are tracklets, each with the mean of its images' embeddings, by the rules that hold for images.
 */
import type { PersonImage } from "../data/dataset.ts";
import { trackletOf } from "../data/tracklets.ts";
import { meansOf } from "../model/means.ts";
import type { Benchmark, EmbeddedBenchmark } from "./benchmark.ts";
import type { EmbeddedSet } from "./rank_gallery.ts";

/** Images that are one query, or one item of the gallery. */
interface Tracklet {
  readonly identity: number;
  readonly camera: number;
  readonly images: Map<string, Float32Array>;
}

/**
 * The tracklets of a test. One of the queries has all images of its tracklet, those in the gallery too: these are left out
 * for it. An image without a tracklet is one by itself.
 *
 * @param unitLength Whether to scale the means to length one, as the network's embeddings are.
 */
export function trackletBenchmark(
  { protocol, queries, gallery }: Pick<Benchmark, "protocol" | "queries" | "gallery">,
  embedded: EmbeddedBenchmark,
  unitLength: boolean,
): EmbeddedBenchmark {
  const { size } = embedded;
  const keyOf = (image: PersonImage) => trackletOf(image) ?? image.path;
  const numbers = new Map<string, number>();
  const cameraOf = (image: PersonImage) => {
    if (protocol === "Market-1501") return image.camera;
    // With a camera of its own, a tracklet is left out for itself alone.
    const key = keyOf(image), number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  const collect = (
    images: readonly PersonImage[],
    { embeddings }: EmbeddedSet,
    into: Map<string, Tracklet>,
    add: boolean,
  ) => {
    for (const [i, image] of images.entries()) {
      const key = keyOf(image);
      const tracklet = into.get(key) ??
        (add ? { identity: image.identity, camera: cameraOf(image), images: new Map() } : undefined);
      if (tracklet === undefined) continue;
      into.set(key, tracklet);
      tracklet.images.set(image.path, embeddings.subarray(i * size, (i + 1) * size));
    }
  };
  const asking = new Map<string, Tracklet>(), asked = new Map<string, Tracklet>();
  collect(queries.images, embedded.queries, asking, true);
  collect(gallery.images, embedded.gallery, asking, false);
  collect(gallery.images, embedded.gallery, asked, true);
  const pooled = (tracklets: readonly Tracklet[]): EmbeddedSet => ({
    embeddings: meansOf(tracklets.map(({ images }) => [...images.values()]), size, unitLength),
    labels: {
      identity: Int32Array.from(tracklets, ({ identity }) => identity),
      camera: Int32Array.from(tracklets, ({ camera }) => camera),
    },
  });
  return { queries: pooled([...asking.values()]), gallery: pooled([...asked.values()]), size };
}
