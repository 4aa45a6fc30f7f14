/** Fetches the site's gallery, its network and the decoders. */
import { decodeTrainedModel, modelIdentity, type TrainedModel } from "../../../mod.ts";
import { ImageDecoder } from "../../../data/image_decoder.ts";
import { GALLERY_FILES, type GalleryDescription } from "./gallery_format.ts";

/** What the page searches with. */
export interface LoadedGallery {
  readonly gallery: GalleryDescription;
  readonly embeddings: Float32Array;
  readonly model: TrainedModel;
  readonly decoder: ImageDecoder;
  /** Bytes that came over the line. */
  readonly bytes: number;
}

/**
 * Fetches all of it at once.
 *
 * @param base the site's address.
 * @returns undefined where the site has no gallery.
 * @throws {Error} when a file is missing or they do not belong together; the message is for the visitor.
 */
export async function loadGallery(base: string): Promise<LoadedGallery | undefined> {
  const description = await fetch(new URL(GALLERY_FILES.description, base));
  if (description.status === 404) return undefined;
  const [gallery, vectors, network, jpeg, png] = await Promise.all([
    fetched(description).then(async (response) => await response.json() as GalleryDescription),
    ...(["embeddings", "model", "jpeg", "png"] as const).map(async (name) =>
      await (await fetched(await fetch(new URL(GALLERY_FILES[name], base)))).arrayBuffer()
    ),
  ]) as [GalleryDescription, ArrayBuffer, ArrayBuffer, ArrayBuffer, ArrayBuffer];
  if (vectors.byteLength !== gallery.images.length * gallery.size * 4) {
    throw new Error("The gallery's embeddings are not those of its pictures. Build the site again.");
  }
  const model = decodeTrainedModel(new Uint8Array(network));
  if (await modelIdentity(model) !== gallery.model) {
    throw new Error("The gallery was embedded by another network than this site's. Build the site again.");
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

async function fetched(response: Response): Promise<Response> {
  if (response.ok) return response;
  await response.body?.cancel();
  throw new Error(`${response.url} could not be loaded (${response.status}). Build the site again.`);
}
