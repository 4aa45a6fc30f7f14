/**
 * The files of a gallery on the site:
 *
 *     gallery.json         {@linkcode GalleryDescription}
 *     gallery.f32          the embeddings [images, size], row-major, f32 little-endian
 *     model.safetensors    the network that computed them
 *     gallery/…, query/…   the pictures
 */

/** A picture, its person and its camera. */
export interface GalleryPicture {
  /** Its address, relative to the page. */
  readonly picture: string;
  /** The name of the person; undefined for a distractor, which matches nobody. */
  readonly person?: string;
  /** The name of the camera. */
  readonly camera: string;
}

/** The contents of a gallery. */
export interface GalleryDescription {
  /** The name of the dataset, such as "Market-1501". */
  readonly dataset: string;
  /** The `modelIdentity` of the network: embeddings of different networks must not be compared. */
  readonly model: string;
  /** What visitors must know of the network, such as "a demonstration"; absent where there is nothing. */
  readonly network?: string;
  /** Length of an embedding. */
  readonly size: number;
  /** The pictures to search, in the order of their embeddings. */
  readonly images: readonly GalleryPicture[];
  /** Sample queries: pictures of the same people that are not in the gallery. */
  readonly queries: readonly GalleryPicture[];
}

/** Names of the files. */
export const GALLERY_FILES = {
  description: "gallery.json",
  embeddings: "gallery.f32",
  model: "model.safetensors",
  jpeg: "jpeg.wasm",
  png: "png.wasm",
} as const;
