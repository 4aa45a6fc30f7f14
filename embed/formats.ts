/** The files that vectors are written to, by what their names end in. */
import type { ImageEmbedding } from "./embed_images.ts";
import { decodeJsonl, decodeLabels, encodeJsonl, encodeLabels } from "./jsonl.ts";
import type { VectorsOf } from "./manifest.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";
import { decodeParquet, encodeParquet } from "./parquet.ts";

/** A file and what is to be in it. */
export interface EncodedFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A kind of file. */
interface Format {
  /** The files of one shard, of which the one named `path` is first. */
  encode(path: string, rows: readonly ImageEmbedding[], of: VectorsOf): EncodedFile[];
  /**
   * The rows in the files that `encode` made, in its order.
   *
   * @throws {Error} when they are no such files.
   */
  decode(
    files: readonly Uint8Array<ArrayBuffer>[],
  ): AsyncIterable<ImageEmbedding[]> | Iterable<ImageEmbedding[]>;
}

/** The kinds of files, by the ends of their names. */
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
    decode: ([bytes]) => decodeParquet(bytes),
  },
  ".npy": {
    encode: (path, rows, { embeddingSize }) => [
      { path, bytes: encodeNpy(rows.map(({ embedding }) => embedding), embeddingSize) },
      { path: path.replace(/\.npy$/, ".ids.jsonl"), bytes: encodeLabels(rows) },
    ],
    decode: ([vectors, labels]) => {
      const embeddings = decodeNpy(vectors);
      const images = decodeLabels(labels);
      if (images.length !== embeddings.length) {
        throw new Error(`there are ${images.length} ids to ${embeddings.length} vectors`);
      }
      return [images.map((image, row) => ({ ...image, embedding: embeddings[row] }))];
    },
  },
  ".jsonl": {
    encode: (path, rows) => [{ path, bytes: encodeJsonl(rows) }],
    decode: ([bytes]) => [decodeJsonl(bytes)],
  },
} as const satisfies Record<string, Format>;

/** What the name of a file of vectors ends in. */
export type Extension = keyof typeof FORMATS;

/** The kind of file that a name asks for, or undefined. */
export function extensionOf(path: string): Extension | undefined {
  return (Object.keys(FORMATS) as Extension[]).find((extension) => path.endsWith(extension));
}

/** The kind of file that a name asks for, for a name that was checked. */
export function formatOf(path: string): Format {
  return FORMATS[extensionOf(path)!];
}
