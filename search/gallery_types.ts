/** What a gallery keeps, and what it is asked and answers. */
import type { GalleryFilter } from "./filter.ts";

/** Which network a gallery's embeddings are of. Those of different networks must not be compared. */
export interface GalleryModel {
  /** 64 hexadecimal digits: see `modelIdentity`. */
  readonly identity: string;
  /** Length of an embedding. */
  readonly dimension: number;
  /** Whether embeddings are means over the image and its mirror image; queries must then be so too. */
  readonly flip: boolean;
  /** What people know it by, such as the path of its checkpoint. */
  readonly summary: string;
}

/** What is known of an image besides its embedding. */
export interface ImageFacts {
  /** What the image is called; a gallery has each id once. */
  readonly id: string;
  /** The camera's name or number. */
  readonly camera?: string;
  /** Frame number on the camera's own clock. */
  readonly frame?: number;
  /** Date in ISO 8601, UTC where it has no zone. */
  readonly time?: string;
  /** The image's file, on the machine that added it. */
  readonly path?: string;
}

/** An image of a gallery. */
export interface GalleryImage extends ImageFacts {
  /** [dimension]. */
  readonly embedding: Float32Array;
}

/** An image that a search found. */
export interface FoundImage extends ImageFacts {
  /** Euclidean distance to the query. */
  readonly distance: number;
}

/** How to search. */
export interface SearchOptions {
  /** How many images at most. */
  readonly top: number;
  /** Which images may be found. Default: all. */
  readonly filter?: GalleryFilter;
  /** Compare with every image even where there is an HNSW index. Default false. */
  readonly exact?: boolean;
  /** How many candidates a search of the HNSW index keeps (pgvector's `hnsw.ef_search`), 1 to 1000. Default 100. */
  readonly efSearch?: number;
}

/** How to build the HNSW index (Malkov and Yashunin 2018). */
export interface HnswOptions {
  /** Links of an element to its neighbors on each layer. Default 16. */
  readonly m?: number;
  /** Candidates for those links. Default 64. */
  readonly efConstruction?: number;
  /** Memory for building, in MiB; a graph that does not fit is built much more slowly. Default 256. */
  readonly memoryMebibytes?: number;
}

/** What a gallery holds. */
export interface GalleryStats {
  readonly model: GalleryModel;
  readonly images: number;
  /** Images of each camera, by its name; null: of unknown cameras. */
  readonly cameras: readonly { readonly camera: string | null; readonly images: number }[];
  /** First and last frame; absent where no image has one. */
  readonly frames?: readonly [number, number];
  /** First and last date; absent where no image has one. */
  readonly times?: readonly [string, string];
  /** Bytes that the images' table and its indices take. */
  readonly bytes: number;
  /** How the HNSW index was built, as PostgreSQL tells it; absent where there is none. */
  readonly hnsw?: string;
}

/** A page of a gallery's vectors. */
export interface VectorPage {
  /** In order, by their bytes in UTF-8. */
  readonly ids: string[];
  /** [ids, dimension], row-major: the very numbers that were added. */
  readonly embeddings: Float32Array<ArrayBuffer>;
}
