/** A stream from image files to embeddings: any number of images in a fixed amount of memory. */
import { DecodePool } from "../data/images/decode_pool.ts";
import type { DecodeReply } from "../data/images/decode_worker.ts";
import { type NamedBy, readImageName } from "../data/layouts/image_name.ts";
import type { Embedder } from "../model/embedder.ts";
import type { ImageFile } from "./image_files.ts";
import { inOrder } from "./in_order.ts";

/** An image and its vector. */
export interface ImageEmbedding {
  /** The image's id: see {@link ImageFile}. */
  readonly id: string;
  /** The camera, as text, where the image's name has it: see `ImageName`. */
  readonly camera?: string;
  /** The frame's number, where the image's name has it: see `ImageName`. */
  readonly time?: number;
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
}

/** Batches that may be on the GPU or waiting for their results, apart from the one that is being filled. */
const BATCHES_IN_FLIGHT = 2;
/** Batches whose images may be decoded ahead of the batch that is being filled. */
const BATCHES_DECODED = 2;

interface Batch {
  /** In order; `row` is an image's index in `pixels`. */
  readonly images: (FailedImage | ImageFile & { readonly row: number })[];
  readonly pixels: Uint8Array;
  rows: number;
}

/**
 * Embeds images in order. Worker threads decode and resize files while the GPU embeds earlier ones. A slow consumer slows
 * the rest down: apart from the network, memory holds the pixels of at most seven batches, for any number of images.
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
  { workers, flip = false, named }: EmbedImagesOptions,
): AsyncGenerator<EmbeddedImage, void, void> {
  const { model: { spec, embeddingSize }, batch, stride } = embedder;
  const pool = new DecodePool({ height: spec.imageHeight, width: spec.imageWidth, workers });
  try {
    const decoded = inOrder(files, BATCHES_DECODED * batch, async ({ id, path }) => ({
      id,
      path,
      decoded: await pool.decode(path),
    }));
    const embedded = inOrder(batches(decoded, batch, stride), BATCHES_IN_FLIGHT, async (filled) => ({
      images: filled.images,
      vectors: filled.rows === 0
        ? new Float32Array(0)
        : await (await embedder.submit(filled.pixels, filled.rows, { flip })).embeddings,
    }));
    for await (const { images, vectors } of embedded) {
      for (const image of images) {
        if ("failed" in image) {
          yield image;
        } else {
          const embedding = vectors.slice(image.row * embeddingSize, (image.row + 1) * embeddingSize);
          if (spec.normalize && hasNoDirection(embedding)) {
            yield { id: image.id, failed: NO_DIRECTION };
            continue;
          }
          const { camera, frame } = readImageName(image.path, named);
          yield {
            id: image.id,
            ...(camera !== undefined && { camera }),
            ...(frame !== undefined && { time: frame }),
            embedding,
          };
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

/** Packs decoded images into the pixels of batches; a failed one counts as an image, but has no row. */
async function* batches(
  images: AsyncIterable<ImageFile & { decoded: DecodeReply }>,
  size: number,
  stride: number,
): AsyncGenerator<Batch> {
  const empty = (): Batch => ({ images: [], pixels: new Uint8Array(size * stride), rows: 0 });
  let batch = empty();
  for await (const { id, path, decoded } of images) {
    if ("pixels" in decoded) {
      batch.pixels.set(decoded.pixels, batch.rows * stride);
      batch.images.push({ id, path, row: batch.rows++ });
    } else {
      batch.images.push({ id, failed: decoded.reason });
    }
    if (batch.images.length === size) {
      yield batch;
      batch = empty();
    }
  }
  if (batch.images.length > 0) yield batch;
}
