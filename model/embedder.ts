/** Embeddings of images: the inference forward pass for batches of one size, recorded once. */
import {
  type Device,
  type ImageTransform,
  packTransforms,
  Program,
  type Tensor,
  UNMOVED,
} from "../engine/mod.ts";
import { FoldedWeights } from "./folded_weights.ts";
import { type ImageInputs, imageInputs, imageStride, networkImages, packedBatch } from "./image_batch.ts";
import { recordLargestBatch } from "./largest_batch.ts";
import type { ReidModel } from "./reid_model.ts";
import { toUnitLength } from "./unit_length.ts";

const MIRRORED: ImageTransform = { ...UNMOVED, mirrored: true };

/** Batches that are submitted before the first is awaited, where they follow one another. */
const BATCHES_TOGETHER = 4;

/** From images and their transforms [N, 4] to embeddings [N, D]. */
export type EmbeddingProgram = Program<ImageInputs, { embeddings: Tensor }>;

/** A network's forward pass with its batch norms folded in. Later training does not change it. */
export class Embedder {
  /** Bytes from one image of a batch to the next: height · width · 3, rounded up to a multiple of 4. */
  readonly stride: number;
  readonly #views: { plain: Uint32Array<ArrayBuffer>; mirrored: Uint32Array<ArrayBuffer> };

  private constructor(
    /** The network. */
    readonly model: ReidModel,
    /** Largest number of images in a batch. */
    readonly batch: number,
    /** The forward pass on the GPU. */
    readonly program: EmbeddingProgram,
  ) {
    this.stride = imageStride(model.spec);
    const all = (view: ImageTransform) => packTransforms(new Array(batch).fill(view));
    this.#views = { plain: all(UNMOVED), mirrored: all(MIRRORED) };
  }

  /**
   * Records the forward pass for batches of `batch` images, or of fewer where the adapter cannot hold as many.
   *
   * @throws {LimitError} When the adapter cannot hold one image.
   */
  static async open(device: Device, model: ReidModel, batch: number): Promise<Embedder> {
    const folded = await FoldedWeights.of(model.parameters);
    const { images, program } = await recordLargestBatch(
      batch,
      (n) => recordEmbedding(device, model, folded, n),
    );
    return new Embedder(model, images, program);
  }

  /**
   * Submits one batch; several may be in progress.
   *
   * @param pixels `count` images [height, width, 3], red first, {@link stride} bytes apart.
   * @param count From 1 to {@link batch}.
   * @param flip Whether to average the embeddings of the image and of its mirror image, scaled to length one where the
   *   network's embeddings are. Takes twice the time. Averaging over reflections at test time is from Krizhevsky
   *   et al. 2012, "ImageNet Classification with Deep Convolutional Neural Networks"; re-ID averages features.
   * @param more Whether another batch follows immediately: see {@linkcode Program.submit}.
   * @returns Once the batch is submitted: a promise of its embeddings [count, D], row-major.
   * @throws {RangeError} When `count` or the length of `pixels` is out of range.
   */
  async submit(
    pixels: Uint8Array,
    count: number,
    { flip = false, more = false } = {},
  ): Promise<{ embeddings: Promise<Float32Array<ArrayBuffer>> }> {
    const words = packedBatch(pixels, count, this);
    const views = flip ? [this.#views.plain, this.#views.mirrored] : [this.#views.plain];
    const runs = [];
    for (const [view, transforms] of views.entries()) {
      const follows = more || view < views.length - 1;
      const { outputs } = await this.program.submit({ pixels: words, transforms }, { more: follows });
      outputs.catch(() => {}); // The embeddings' promise rejects with it, unless submitting throws before.
      runs.push(outputs);
    }
    const embeddings = Promise.all(runs).then((outputs) =>
      this.#mean(outputs.map((out) => out.embeddings), count)
    );
    embeddings.catch(() => {});
    return { embeddings };
  }

  /** Frees the program's memory. */
  destroy(): void {
    this.program.destroy();
  }

  #mean(views: readonly Float32Array[], count: number): Float32Array<ArrayBuffer> {
    const size = this.model.embeddingSize;
    const mean = new Float32Array(count * size);
    for (const view of views) {
      for (let i = 0; i < mean.length; i++) mean[i]! += view[i]! / views.length;
    }
    if (views.length > 1 && this.model.spec.normalize) toUnitLength(mean, size);
    return mean;
  }
}

function recordEmbedding(
  device: Device,
  model: ReidModel,
  folded: FoldedWeights,
  batch: number,
): Promise<EmbeddingProgram> {
  return Program.record(
    device,
    imageInputs(model.spec, batch),
    (inputs) => ({
      embeddings: model.embed(model.features(networkImages(model.spec, inputs), folded), "inference"),
    }),
    { together: BATCHES_TOGETHER },
  );
}
