/**
 * What every part of an image adds to its embedding. The network's last feature map has a cell for each 32 × 32 pixels.
 * Its features are averaged over the cells, then projected and moved by the neck, which is linear up to a constant. So the
 * embedding, before it is scaled to length one, is the mean of what the same steps make of each cell alone.
 */
import {
  abs,
  type Device,
  globalAveragePool,
  packTransforms,
  Program,
  reshape,
  sum,
  type Tensor,
  UNMOVED,
} from "../engine/mod.ts";
import { FoldedWeights } from "./folded_weights.ts";
import { type ImageInputs, imageInputs, imageStride, networkImages, packedBatch } from "./image_batch.ts";
import { recordLargestBatch } from "./largest_batch.ts";
import type { ReidModel } from "./reid_model.ts";

/** An image's embedding and its cells: `rows` from the top, `columns` from the left. */
export interface ImageCells {
  /** Rows of the feature map. */
  readonly rows: number;
  /** Columns of the feature map. */
  readonly columns: number;
  /** The embedding, as {@linkcode Embedder} computes it: [D]. */
  readonly embedding: Float32Array;
  /** Embeddings of the cells, not scaled: [rows · columns, D]. The image's is their mean, scaled to length one. */
  readonly cells: Float32Array;
  /**
   * Sums over the channels of the absolute features of each cell, [rows · columns]: the attention map of Zagoruyko and
   * Komodakis, "Paying More Attention to Attention", 2017, with p = 1.
   */
  readonly activation: Float32Array;
}

/** From images and their transforms [N, 4] to embeddings, those of the cells, and activations. */
export type CellProgram = Program<ImageInputs, { embeddings: Tensor; cells: Tensor; activation: Tensor }>;

/** A network's forward pass that also keeps its last feature map. Later training does not change it. */
export class CellEmbedder {
  /** Bytes from one image of a batch to the next. */
  readonly stride: number;
  readonly #transforms: Uint32Array<ArrayBuffer>;

  private constructor(
    /** The network. */
    readonly model: ReidModel,
    /** Largest number of images in a batch. */
    readonly batch: number,
    /** The forward pass on the GPU. */
    readonly program: CellProgram,
    /** Rows and columns of the feature map. */
    readonly size: Pick<ImageCells, "rows" | "columns">,
  ) {
    this.stride = imageStride(model.spec);
    this.#transforms = packTransforms(new Array(batch).fill(UNMOVED));
  }

  /**
   * Records the forward pass for batches of `batch` images, or of fewer where the adapter cannot hold as many.
   *
   * @throws {LimitError} When the adapter cannot hold one image.
   */
  static async open(device: Device, model: ReidModel, batch: number): Promise<CellEmbedder> {
    const folded = await FoldedWeights.of(model.parameters);
    let size = { rows: 0, columns: 0 };
    const { images, program } = await recordLargestBatch(
      batch,
      (n): Promise<CellProgram> =>
        Program.record(device, imageInputs(model.spec, n), (inputs) => {
          const map = model.featureMap(networkImages(model.spec, inputs), folded);
          const [, rows = 0, columns = 0, channels = 0] = map.shape;
          size = { rows, columns };
          const cells = model.unscaledEmbeddings(reshape(map, [n * rows * columns, channels]), "inference");
          return {
            embeddings: model.embed(globalAveragePool(map), "inference"),
            cells: reshape(cells, [n, rows * columns, model.embeddingSize]),
            activation: reshape(sum(abs(map), -1), [n, rows * columns]),
          };
        }),
    );
    return new CellEmbedder(model, images, program, size);
  }

  /**
   * Embeds a batch.
   *
   * @param pixels `count` images [height, width, 3], red first, {@link stride} bytes apart.
   * @param count From 1 to {@link batch}.
   * @throws {RangeError} When `count` or the length of `pixels` is out of range.
   */
  async embed(pixels: Uint8Array, count: number): Promise<ImageCells[]> {
    const words = packedBatch(pixels, count, this);
    const { outputs } = await this.program.submit({ pixels: words, transforms: this.#transforms });
    const { embeddings, cells, activation } = await outputs;
    const of = (values: Float32Array, image: number) => {
      const each = values.length / this.batch;
      return values.slice(image * each, (image + 1) * each);
    };
    return Array.from({ length: count }, (_, image) => ({
      ...this.size,
      embedding: of(embeddings, image),
      cells: of(cells, image),
      activation: of(activation, image),
    }));
  }

  /** Frees the program's memory. */
  destroy(): void {
    this.program.destroy();
  }
}
