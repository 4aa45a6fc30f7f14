/** A stream from image files to embeddings: any number of images in a fixed amount of memory. */
import { DecodePool } from "../data/images/decode_pool.ts";
import type { DecodeReply } from "../data/images/decode_worker.ts";
import type { NamedBy } from "../data/layouts/image_name.ts";
import type { Embedder } from "../model/embedder.ts";
import { ALONE, gatherValues, type Ranks } from "../ranks/mod.ts";
import type { ImageFile } from "./image_files.ts";
import { inOrder } from "./in_order.ts";
import { factsOf } from "./image_facts.ts";

/** An image and its vector. */
export interface ImageEmbedding {
  /** The image's id: see {@link ImageFile}. */
  readonly id: string;
  /** The camera, as text, where the image's name has it: see `ImageName`. */
  readonly camera?: string;
  /** The frame's number, where the image's name has it: see `ImageName`. */
  readonly time?: number;
  /** The tracklet that it is in, or that it is, where that is known: see `trackletOf`. */
  readonly tracklet?: string;
  /** Of a tracklet: how many images its vector is the mean of. */
  readonly images?: number;
  /** Of a tracklet: 1 minus the mean cosine of their embeddings to the mean; 0 where all are the same. */
  readonly spread?: number;
  /** [embedding size]. */
  readonly embedding: Float32Array;
}

/** An image without a vector: it could not be decoded, or the network has no features of it. */
export interface FailedImage {
  /** The image's id. */
  readonly id: string;
  /** Why, to show beside the id. */
  readonly failed: string;
}

/** The result of an image. */
export type EmbeddedImage = ImageEmbedding | FailedImage;

/** Options of `embedImages`. */
export interface EmbedImagesOptions {
  /** Threads that decode. */
  readonly workers: number;
  /** Whether to average the embeddings of the image and of its mirror image; see `Embedder`. Default false. */
  readonly flip?: boolean;
  /** How the images are named: see `NamingVotes`. By default, only the distinct names of public datasets are read. */
  readonly named?: NamedBy;
  /** Processes that share the work: each embeds every `size`-th batch, and all get all results. By default none. */
  readonly ranks?: Ranks;
  /** Asked when a round of batches is done: whether to drop it and to stop. If any rank says so, all stop. */
  readonly stopRequested?: () => boolean;
}

/** Batches that may be on the GPU or waiting for their results, apart from the one that is being filled. */
const BATCHES_IN_FLIGHT = 2;
/** Batches whose images may be decoded ahead of the batch that is being filled. */
const BATCHES_DECODED = 2;

/** A batch for every rank, of which the pixels are this rank's. */
interface Round {
  /** Those of all batches, in order. */
  readonly images: ImageFile[];
  /** For each image of this rank's batch, why it could not be decoded, or undefined where it has the next row of pixels. */
  readonly reasons: (string | undefined)[];
  readonly pixels: Uint8Array;
  rows: number;
}

/**
 * Embeds images in order. Worker threads decode and resize files while the GPU embeds earlier ones. A slow consumer slows
 * the rest down: apart from the network, memory holds the pixels of at most seven batches, for any number of images. Of
 * several ranks, each goes through all files and decodes those of its batches.
 *
 * An image's embedding does not depend on the images before and after it, to the bit: kernels compute each row of a
 * batch separately, in a fixed order. With another batch size a GPU may use other kernels, which round differently.
 *
 * @param files The images, in the order of the results.
 * @throws {DataError} When the decoder cannot start. An image without a vector is a {@link FailedImage}.
 */
export async function* embedImages(
  embedder: Embedder,
  files: AsyncIterable<ImageFile> | Iterable<ImageFile>,
  { workers, flip = false, named, ranks = ALONE, stopRequested = () => false }: EmbedImagesOptions,
): AsyncGenerator<EmbeddedImage, void, void> {
  const { model: { spec, embeddingSize }, batch, stride } = embedder;
  const pool = new DecodePool({ height: spec.imageHeight, width: spec.imageWidth, workers });
  let index = 0;
  try {
    const decoded = inOrder(files, BATCHES_DECODED * batch * ranks.size, async (file) => {
      const isOwn = Math.floor(index++ / batch) % ranks.size === ranks.rank;
      return { file, decoded: isOwn ? await pool.decode(file.path) : undefined };
    });
    const embedded = inOrder(
      rounds(decoded, batch, stride, ranks.size),
      BATCHES_IN_FLIGHT,
      async (round) => ({
        ...round,
        vectors: round.rows === 0
          ? new Float32Array(0)
          : await (await embedder.submit(round.pixels, round.rows, { flip })).embeddings,
      }),
    );
    for await (const { images, reasons, vectors } of embedded) {
      const parts = await gatherValues(ranks, { reasons, vectors, stop: stopRequested() });
      if (parts.some(({ stop }) => stop)) return;
      const next = images.values();
      for (const { reasons, vectors } of parts) {
        let row = 0;
        for (const reason of reasons) {
          const { id, path, known } = next.next().value!;
          if (reason !== undefined) {
            yield { id, failed: reason };
            continue;
          }
          const embedding = vectors.slice(row * embeddingSize, ++row * embeddingSize);
          if (spec.normalize && hasNoDirection(embedding)) {
            yield { id, failed: NO_DIRECTION };
            continue;
          }
          const { tracklet: _, ...facts } = factsOf(path, named); // It is kept where the tracklets are asked for.
          yield { id, ...known ?? facts, embedding };
        }
      }
    }
  } finally {
    pool.close();
  }
}

/** Why an image has no vector although it was decoded. */
const NO_DIRECTION =
  "the network's features of it are all zero, so that no other image is nearer to it than the rest";

/**
 * Whether a vector that should have length one has length zero. Its distance to every vector of length one is one, less
 * than that of two people who look different: it would be found with every query.
 */
function hasNoDirection(embedding: Float32Array): boolean {
  return embedding.reduce((sum, x) => sum + x * x, 0) < 0.25;
}

/** Packs images into rounds of a batch for each of `ranks` ranks: their files, and the pixels of those decoded here. */
async function* rounds(
  images: AsyncIterable<{ file: ImageFile; decoded: DecodeReply | undefined }>,
  batch: number,
  stride: number,
  ranks: number,
): AsyncGenerator<Round> {
  const empty = (): Round => ({ images: [], reasons: [], pixels: new Uint8Array(batch * stride), rows: 0 });
  let round = empty();
  for await (const { file, decoded } of images) {
    round.images.push(file);
    if (decoded && "pixels" in decoded) {
      round.pixels.set(decoded.pixels, round.rows++ * stride);
      round.reasons.push(undefined);
    } else if (decoded) {
      round.reasons.push(decoded.reason);
    }
    if (round.images.length === batch * ranks) {
      yield round;
      round = empty();
    }
  }
  if (round.images.length > 0) yield round;
}
