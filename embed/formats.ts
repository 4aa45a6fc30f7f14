/** File formats of vectors, by the extension of their names. */
import { itemAt } from "../engine/item_at.ts";
import { keysOf } from "../model/settings.ts";
import type { ImageEmbedding } from "./embed_images.ts";
import { decodeJsonl, decodeLabels, encodeJsonl, encodeLabels } from "./jsonl.ts";
import type { VectorsOf } from "./manifest.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";
import { decodeParquet, encodeParquet } from "./parquet.ts";

/** A file and its content. */
export interface EncodedFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A file format. */
interface Format {
  /** The files of one shard: first the one at `path`, then the ids where they have a separate file. */
  encode(path: string, rows: readonly ImageEmbedding[], of: VectorsOf): EncodedFile[];
  /**
   * The rows in the files of a shard.
   *
   * @throws {Error} When a file is missing or `encode` did not make it.
   */
  decode(
    vectors: Uint8Array<ArrayBuffer>,
    ids: Uint8Array<ArrayBuffer> | undefined,
  ): AsyncIterable<ImageEmbedding[]> | Iterable<ImageEmbedding[]>;
}

/** The formats by extension. */
export const FORMATS = {
  ".parquet": {
    encode: (path, rows, { model, embeddingSize, flip }) => {
      const metadata = {
        "reid.model": model,
        "reid.embedding_size": String(embeddingSize),
        "reid.flip": String(flip),
      };
      return [{ path, bytes: encodeParquet(rows, metadata) }];
    },
    decode: decodeParquet,
  },
  ".npy": {
    encode: (path, rows, { embeddingSize }) => [
      { path, bytes: encodeNpy(rows.map(({ embedding }) => embedding), embeddingSize) },
      { path: path.replace(/\.npy$/, ".ids.jsonl"), bytes: encodeLabels(rows) },
    ],
    decode: (vectors, ids) => {
      if (ids === undefined) throw new Error("the file of ids is missing");
      const embeddings = decodeNpy(vectors);
      const images = decodeLabels(ids);
      if (images.length !== embeddings.length) {
        throw new Error(`there are ${images.length} ids for ${embeddings.length} vectors`);
      }
      return [images.map((image, row) => ({ ...image, embedding: itemAt(embeddings, row) }))];
    },
  },
  ".jsonl": {
    encode: (path, rows) => [{ path, bytes: encodeJsonl(rows) }],
    decode: (vectors) => [decodeJsonl(vectors)],
  },
} as const satisfies Record<string, Format>;

/** The extension of a file of vectors. */
export type Extension = keyof typeof FORMATS;

/** The extension of a path; undefined where no format has it. */
export function extensionOf(path: string): Extension | undefined {
  return keysOf(FORMATS).find((extension) => path.endsWith(extension));
}

/**
 * The format of a path.
 *
 * @throws {RangeError} When no format has its extension.
 */
export function formatOf(path: string): Format {
  const extension = extensionOf(path);
  if (extension === undefined) throw new RangeError(`${path} does not end in ${keysOf(FORMATS).join(", ")}`);
  return FORMATS[extension];
}
