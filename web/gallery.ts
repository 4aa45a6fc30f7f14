/** Adds a network and an embedded gallery of pictures to a site, so that a visitor's browser need not embed it. */
import { join } from "node:path";
import { cameraName, identityName, type PersonImage, type ReidDataset } from "../data/dataset.ts";
import { decoderModule } from "../data/images/decode_image.ts";
import { decodeAll, type DecodeOptions } from "../data/images/decode_pool.ts";
import { itemAt } from "../engine/item_at.ts";
import { type FailedImage, PixelStore } from "../data/pixels.ts";
import { shownPicture } from "../data/images/shown_picture.ts";
import { embedStored } from "../eval/embed.ts";
import {
  buildTrainedModel,
  type Device,
  Embedder,
  encodeTrainedModel,
  modelIdentity,
  type TrainedModel,
} from "../mod.ts";
import { DISTRACTOR, type GalleryChoice } from "./gallery_choice.ts";
import {
  GALLERY_FILES,
  type GalleryDescription,
  type GalleryPicture,
} from "./pages/search/gallery_format.ts";

/** Images of a forward pass. */
const BATCH = 32;

/** Options of {@link writeGallery}. */
export interface GalleryOptions {
  /** How many threads decode images. */
  readonly workers: number;
  /** What visitors must know of the network, such as "a demonstration"; nothing by default. */
  readonly network?: string;
  /** Receives the number of images embedded so far, and of all images. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes `gallery.json` and its files, the network and the decoders into a site's folder.
 *
 * @returns the contents of the gallery, and the pictures left out because they cannot be decoded.
 */
export async function writeGallery(
  out: string,
  device: Device,
  trained: TrainedModel,
  dataset: ReidDataset,
  { gallery, queries }: GalleryChoice,
  { workers, network, onProgress }: GalleryOptions,
): Promise<{ description: GalleryDescription; failed: readonly FailedImage[] }> {
  const { imageHeight: height, imageWidth: width } = trained.spec;
  const store = await PixelStore.open(gallery, { height, width, workers });
  const sought = await decodable(queries, { height, width, workers });
  const failed = [...store.failed, ...sought.failed];
  const usable = [...gallery.entries()].filter(([index]) => store.usable[index]);
  const model = buildTrainedModel(device, trained);
  try {
    const embedder = await Embedder.open(device, model, BATCH);
    try {
      const embeddings = await embedStored(embedder, store, usable.map(([index]) => index), { onProgress });
      const images = await copyPictures(out, "gallery", usable.map(([, image]) => image), dataset);
      const description: GalleryDescription = {
        dataset: dataset.name,
        model: await modelIdentity(trained),
        ...(network !== undefined && { network }),
        size: model.embeddingSize,
        images,
        queries: await copyPictures(out, "query", sought.images, dataset),
      };
      const write = (name: string, contents: Uint8Array) => Deno.writeFile(join(out, name), contents);
      await write(GALLERY_FILES.embeddings, new Uint8Array(embeddings.buffer));
      await write(GALLERY_FILES.model, encodeTrainedModel(trained));
      for (const format of ["jpeg", "png"] as const) {
        await write(GALLERY_FILES[format], await Deno.readFile(decoderModule(format)));
      }
      // Last: a page that finds this file expects all others.
      await write(GALLERY_FILES.description, new TextEncoder().encode(JSON.stringify(description)));
      return { description, failed };
    } finally {
      embedder.destroy();
    }
  } finally {
    model.parameters.destroy();
    store.close();
  }
}

/** Splits images into those that can be decoded, and the others with the reason. */
async function decodable(
  images: readonly PersonImage[],
  options: DecodeOptions,
): Promise<{ images: readonly PersonImage[]; failed: readonly FailedImage[] }> {
  const reasons = new Map<number, string>();
  await decodeAll(images.map(({ path }) => path), options, (reply) => {
    if ("reason" in reply) reasons.set(reply.index, reply.reason);
  });
  const failed = [...reasons].map(([index, reason]) => ({ path: itemAt(images, index).path, reason }));
  return { images: images.filter((_, i) => !reasons.has(i)), failed };
}

/** Copies files under numbers as names: the original names may hold private information. */
async function copyPictures(
  out: string,
  folder: string,
  images: readonly PersonImage[],
  dataset: ReidDataset,
): Promise<GalleryPicture[]> {
  await Deno.mkdir(join(out, folder), { recursive: true });
  const pictures: GalleryPicture[] = [];
  for (const [number, { path, identity, camera }] of images.entries()) {
    const { format, bytes } = shownPicture(await Deno.readFile(path)); // Decoding has checked it.
    const picture = `${folder}/${`${number}`.padStart(5, "0")}.${format === "jpeg" ? "jpg" : "png"}`;
    await Deno.writeFile(join(out, picture), bytes);
    const person = identity === DISTRACTOR ? {} : { person: identityName(dataset, identity) };
    pictures.push({ picture, ...person, camera: cameraName(dataset, camera) });
  }
  return pictures;
}
