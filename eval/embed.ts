/** Embeddings of many images: the inference forward pass, batch by batch. */
import {
  type Device,
  type ImageTransform,
  normalisedImages,
  packTransforms,
  Program,
  u32,
  UNMOVED,
} from "../engine/mod.ts";
import { imageWords } from "../kernels/mod.ts";
import type { PixelStore } from "../data/pixels.ts";
import { COLOUR_STATISTICS } from "../model/conventions.ts";
import { FoldedWeights } from "../model/folded_weights.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { recordLargestBatch } from "./largest_batch.ts";
import { toUnitLength } from "./unit_length.ts";

const MIRRORED: ImageTransform = { ...UNMOVED, mirrored: true };

/** The forward pass for one batch size, recorded once. */
export class Embedder {
  private constructor(
    readonly model: ReidModel,
    readonly batch: number,
    readonly program: Awaited<ReturnType<typeof recordEmbedding>>,
  ) {}

  /** Records the forward pass for batches of `batch` images, or of fewer where the adapter holds no more. */
  static async open(device: Device, model: ReidModel, batch: number): Promise<Embedder> {
    const folded = await FoldedWeights.of(model.parameters);
    const { images, program } = await recordLargestBatch(
      batch,
      (n) => recordEmbedding(device, model, folded, n),
    );
    return new Embedder(model, images, program);
  }

  /**
   * Embeds the images of a store named by `indices`.
   *
   * @param flip the embedding is the mean of those of the image and of its mirror image, scaled to length one where
   *   the network's embeddings are. Takes twice the time. Averaging over reflections at test time is from Krizhevsky
   *   et al. 2012, "ImageNet Classification with Deep Convolutional Neural Networks"; re-ID averages features.
   * @returns embeddings [n, D], row-major.
   */
  async embed(
    store: PixelStore,
    indices: ArrayLike<number>,
    { flip = false, onProgress = () => {} }: {
      flip?: boolean;
      onProgress?: (done: number, total: number) => void;
    } = {},
  ): Promise<Float32Array<ArrayBuffer>> {
    const size = this.model.embeddingSize;
    const embeddings = new Float32Array(indices.length * size);
    const views = (flip ? [UNMOVED, MIRRORED] : [UNMOVED])
      .map((view) => packTransforms(new Array(this.batch).fill(view)));
    const waiting: Promise<void>[] = [];
    for (let start = 0; start < indices.length; start += this.batch) {
      const count = Math.min(this.batch, indices.length - start);
      const bytes = new Uint8Array(this.batch * store.stride); // A last batch that is short ends in black images.
      await store.batch(Array.from({ length: count }, (_, i) => indices[start + i]), bytes);
      const pixels = new Uint32Array(bytes.buffer);
      const mean = embeddings.subarray(start * size, (start + count) * size);
      for (const [view, transforms] of views.entries()) {
        const { outputs } = await this.program.submit({ pixels, transforms });
        const arrived = outputs.then((out) => {
          for (let i = 0; i < mean.length; i++) mean[i] += out.embeddings[i] / views.length;
          if (view === views.length - 1) onProgress(start + count, indices.length);
        });
        arrived.catch(() => {}); // It is thrown below, unless submitting throws before.
        waiting.push(arrived);
      }
    }
    await Promise.all(waiting);
    if (flip && this.model.spec.normalize) toUnitLength(embeddings, size);
    return embeddings;
  }

  /** Frees the program's memory. */
  destroy(): void {
    this.program.destroy();
  }
}

function recordEmbedding(device: Device, model: ReidModel, folded: FoldedWeights, batch: number) {
  const size = { height: model.spec.imageHeight, width: model.spec.imageWidth };
  const colour = COLOUR_STATISTICS[model.spec.colour];
  return Program.record(
    device,
    { pixels: u32([batch, imageWords(size.height, size.width)]), transforms: u32([batch, 4]) },
    ({ pixels, transforms }) => ({
      embeddings: model.embed(
        model.features(normalisedImages(pixels, transforms, size, colour), folded),
        "inference",
      ),
    }),
  );
}
