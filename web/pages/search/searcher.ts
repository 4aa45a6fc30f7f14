/** Computes the distances of a picture to a gallery: decodes, embeds and compares it. */
import {
  buildTrainedModel,
  CellEmbedder,
  constant,
  crossDistance,
  type Device,
  f32,
  type ImageCells,
  type InputSpec,
  Program,
  type Tensor,
  type TrainedModel,
} from "../../../mod.ts";
import type { ImageDecoder } from "../../../data/images/image_decoder.ts";
import { resizeToRgb } from "../../../data/images/resize.ts";

type DistanceProgram = Program<{ query: InputSpec<Tensor> }, { distances: Tensor }>;

/** The result for one picture; times in milliseconds. */
export interface Found {
  /** Its embedding and its cells. */
  readonly cells: ImageCells;
  /** Euclidean distances to every picture of the gallery. */
  readonly distances: Float32Array;
  /** Time of decoding and resizing. */
  readonly decodeTime: number;
  /** Time of the network. */
  readonly embedTime: number;
  /** Time of the comparison with the whole gallery. */
  readonly searchTime: number;
}

/** A network and a gallery, ready on the GPU. */
export class Searcher {
  private constructor(
    readonly embedder: CellEmbedder,
    readonly program: DistanceProgram,
    readonly decoder: ImageDecoder,
  ) {}

  /**
   * Uploads the network and the gallery's embeddings to the GPU.
   *
   * @param embeddings [N, D], of the same network.
   * @throws {ModelFileError} when tensors of the network are missing.
   * @throws {LimitError} when the adapter cannot hold them.
   */
  static async open(
    device: Device,
    trained: TrainedModel,
    embeddings: Float32Array,
    decoder: ImageDecoder,
  ): Promise<Searcher> {
    const model = buildTrainedModel(device, trained);
    const embedder = await CellEmbedder.open(device, model, 1);
    const size = model.embeddingSize;
    const program: DistanceProgram = await Program.record(
      device,
      { query: f32([1, size]) },
      ({ query }) => ({
        distances: crossDistance(query, constant(embeddings, [embeddings.length / size, size]), "euclidean"),
      }),
    );
    return new Searcher(embedder, program, decoder);
  }

  /**
   * Embeds a picture and compares it with the gallery.
   *
   * @param bytes a JPEG or PNG file.
   * @throws {Error} when it is neither; the message says why.
   * @throws {DeviceLostError} when the GPU is lost.
   */
  async find(bytes: Uint8Array): Promise<Found> {
    const { cells, decodeTime, embedTime } = await this.cells(bytes);
    const embedded = performance.now();
    const { distances } = await (await this.program.submit({ query: cells.embedding })).outputs;
    return { cells, distances, decodeTime, embedTime, searchTime: performance.now() - embedded };
  }

  /**
   * Embeds a picture and its cells.
   *
   * @param bytes a JPEG or PNG file.
   * @throws {Error} when it is neither; the message says why.
   * @throws {DeviceLostError} when the GPU is lost.
   */
  async cells(bytes: Uint8Array): Promise<Omit<Found, "distances" | "searchTime">> {
    const started = performance.now();
    const { imageHeight, imageWidth } = this.embedder.model.spec;
    const pixels = new Uint8Array(this.embedder.stride);
    resizeToRgb(await this.decoder.decode(bytes), pixels, imageWidth, imageHeight);
    const decoded = performance.now();
    const [cells] = await this.embedder.embed(pixels, 1);
    if (cells === undefined) throw new Error("the network gave no embedding");
    return { cells, decodeTime: decoded - started, embedTime: performance.now() - decoded };
  }

  /** Frees the GPU memory. */
  destroy(): void {
    this.embedder.destroy();
    this.embedder.model.parameters.destroy();
    this.program.destroy();
  }
}
