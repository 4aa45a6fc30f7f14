/** Types of a gallery: its network, its images, queries and results. */
import type { Thresholds } from "../model/thresholds.ts";
import type { GalleryFilter } from "./filter.ts";

/** The network of a gallery's embeddings. Embeddings of different networks must not be compared. */
export interface GalleryModel {
  /** 64 hexadecimal digits: see `modelIdentity`. */
  readonly identity: string;
  /** Length of an embedding. */
  readonly dimension: number;
  /** Whether embeddings are means over the image and its mirror image; those of queries must then be, too. */
  readonly flip: boolean;
  /** A name for people, such as the path of its checkpoint. */
  readonly summary: string;
  /** Which distances between these embeddings mean one person; undefined if the network keeps none. */
  readonly thresholds?: Thresholds | undefined;
}

/** An image without its embedding. */
export interface ImageFacts {
  /** The name of the image, unique in a gallery. */
  readonly id: string;
  /** The camera's name or number. */
  readonly camera?: string;
  /** Frame number on the camera's clock. */
  readonly frame?: number;
  /** Date in ISO 8601; without a time zone, UTC. */
  readonly time?: string;
  /** The path of its file on the machine that added it. */
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

/** Options of a search. */
export interface SearchOptions {
  /** How many images at most. */
  readonly top: number;
  /** Which images may be found. Default: all. */
  readonly filter?: GalleryFilter;
  /** Compare with every image even if there is an HNSW index. Default false. */
  readonly exact?: boolean;
  /** How many candidates a search of the HNSW index keeps (`hnsw.ef_search` of pgvector), 1 to 1000. Default 100. */
  readonly efSearch?: number;
}

/** Options of the HNSW index (Malkov and Yashunin 2018). */
export interface HnswOptions {
  /** Links of an element to its neighbors on each layer. Default 16. */
  readonly m?: number;
  /** Candidates for those links. Default 64. */
  readonly efConstruction?: number;
  /** Memory for building, in MiB; building a graph that does not fit takes much longer. Default 256. */
  readonly memoryMebibytes?: number;
}

/** Counts of a gallery. */
export interface GalleryStats {
  readonly model: GalleryModel;
  readonly images: number;
  /** Images of each camera; null counts those of unknown cameras. */
  readonly cameras: readonly { readonly camera: string | null; readonly images: number }[];
  /** First and last frame; absent if no image has one. */
  readonly frames?: readonly [number, number];
  /** First and last date; absent if no image has one. */
  readonly times?: readonly [string, string];
  /** Size of the images' table and its indices, in bytes. */
  readonly bytes: number;
  /** Options of the HNSW index, as PostgreSQL prints them; absent if there is none. */
  readonly hnsw?: string;
}
