/** Fetches the site's gallery, its network and the decoders. */
import { decodeTrainedModel, modelIdentity, type TrainedModel } from "../../../mod.ts";
import { ImageDecoder } from "../../../data/images/image_decoder.ts";
import { GALLERY_FILES, type GalleryDescription } from "./gallery_format.ts";

/** Everything that the page needs for a search. */
export interface LoadedGallery {
  readonly gallery: GalleryDescription;
  readonly embeddings: Float32Array;
  readonly model: TrainedModel;
  readonly decoder: ImageDecoder;
  /** Bytes fetched. */
  readonly bytes: number;
}

/**
 * Fetches all files in parallel.
 *
 * @param base the site's address.
 * @returns undefined if the site has no gallery.
 * @throws {Error} when a file is missing or does not belong to the others; the message is for the visitor.
 */
export async function loadGallery(base: string): Promise<LoadedGallery | undefined> {
  const description = await fetch(new URL(GALLERY_FILES.description, base));
  if (description.status === 404) return undefined;
  const bytesOf = async (name: Exclude<keyof typeof GALLERY_FILES, "description">) =>
    await (await checked(await fetch(new URL(GALLERY_FILES[name], base)))).arrayBuffer();
  const [gallery, vectors, network, jpeg, png] = await Promise.all([
    checked(description).then((response): Promise<GalleryDescription> => response.json()),
    bytesOf("embeddings"),
    bytesOf("model"),
    bytesOf("jpeg"),
    bytesOf("png"),
  ]);
  if (vectors.byteLength !== gallery.images.length * gallery.size * 4) {
    throw new Error("The numbers of embeddings and pictures of the gallery differ. Build the site again.");
  }
  const model = decodeTrainedModel(new Uint8Array(network));
  if (await modelIdentity(model) !== gallery.model) {
    throw new Error("Another network than the site's embedded the gallery. Build the site again.");
  }
  const modules = { jpeg: await WebAssembly.compile(jpeg), png: await WebAssembly.compile(png) };
  return {
    gallery,
    embeddings: new Float32Array(vectors),
    model,
    decoder: new ImageDecoder(modules),
    bytes: [vectors, network, jpeg, png].reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  await response.body?.cancel();
  throw new Error(`${response.url} could not be loaded (${response.status}). Build the site again.`);
}
