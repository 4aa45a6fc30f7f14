/** The network that images and queries of a gallery are embedded with. */
import { Device } from "../../engine/mod.ts";
import { Embedder } from "../../model/embedder.ts";
import { buildTrainedModel, modelIdentity } from "../../model/trained_model.ts";
import type { GalleryModel } from "../../search/gallery_types.ts";
import { readTrainedModel } from "../../train/trained_model_file.ts";

/** A network on its device, ready to embed. */
export interface Network {
  readonly embedder: Embedder;
  /** See `modelIdentity`. */
  readonly identity: string;
  /** What it was asked for by. */
  readonly place: string;
  /** Frees it with its device. */
  destroy(): void;
}

/**
 * Opens the network of a run's folder, a checkpoint or a model file.
 *
 * @param averaged take the averages of the weights where there are some.
 * @param batch images that are embedded at a time.
 * @throws {RunError} when there is none.
 */
export async function openNetwork(place: string, averaged: boolean, batch: number): Promise<Network> {
  const { model: trained } = await readTrainedModel(place, { averaged });
  const device = await Device.open();
  const model = buildTrainedModel(device, trained);
  const embedder = await Embedder.open(device, model, batch);
  return {
    embedder,
    identity: await modelIdentity(trained),
    place,
    destroy() {
      embedder.destroy();
      model.parameters.destroy();
      device.destroy();
    },
  };
}

/** What a gallery of this network's embeddings is of. */
export function galleryModel({ embedder, identity, place }: Network, flip: boolean): GalleryModel {
  return { identity, dimension: embedder.model.embeddingSize, flip, summary: place };
}
