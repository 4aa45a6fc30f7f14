/**
 * The files of a gallery on the site:
 *
 *     gallery.json         {@linkcode GalleryDescription}
 *     gallery.f32          the embeddings [images, size], row-major, f32 little-endian
 *     model.safetensors    the network that they were made with
 *     gallery/…, query/…   the pictures
 */

/** One picture and who is on it. */
export interface GalleryPicture {
  /** Its address, relative to the page. */
  readonly picture: string;
  /** What the person is called; undefined for a distractor, who matches nobody. */
  readonly person?: string;
  /** What the camera is called. */
  readonly camera: string;
}

/** What a gallery holds, and what it was made with. */
export interface GalleryDescription {
  /** What the pictures are, such as "Market-1501". */
  readonly dataset: string;
  /** The network's `modelIdentity`: embeddings of different networks must not be compared. */
  readonly model: string;
  /** Length of an embedding. */
  readonly size: number;
  /** The pictures that are searched, in the order of their embeddings. */
  readonly images: readonly GalleryPicture[];
  /** Pictures of the same people to try; they are not in the gallery. */
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
