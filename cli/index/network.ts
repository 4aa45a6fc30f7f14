/** The network that embeds images and queries of a gallery. */
import { Device } from "../../engine/mod.ts";
import { Embedder } from "../../model/embedder.ts";
import { buildTrainedModel, modelIdentity } from "../../model/trained_model.ts";
import type { GalleryModel } from "../../search/gallery_types.ts";
import { readTrainedModel } from "../../train/trained_model_file.ts";

/** A network on a device, ready to embed. Disposal frees both. */
export interface Network extends Disposable {
  readonly embedder: Embedder;
  /** See `modelIdentity`. */
  readonly identity: string;
  /** Its checkpoint or run, as given. */
  readonly checkpoint: string;
}

/**
 * Opens the network of a run's folder, a checkpoint or a model file.
 *
 * @param averaged uses the averages of the weights if there are any.
 * @param batch how many images to embed at once.
 * @throws {RunError} when there is no such network.
 */
export async function openNetwork(checkpoint: string, averaged: boolean, batch: number): Promise<Network> {
  const { model: trained } = await readTrainedModel(checkpoint, { averaged });
  const device = await Device.open();
  const model = buildTrainedModel(device, trained);
  const embedder = await Embedder.open(device, model, batch);
  return {
    embedder,
    identity: await modelIdentity(trained),
    checkpoint,
    [Symbol.dispose]() {
      embedder.destroy();
      model.parameters.destroy();
      device.destroy();
    },
  };
}

/** The record of a network in a gallery of its embeddings. */
export function galleryModel({ embedder, identity, checkpoint }: Network, flip: boolean): GalleryModel {
  return { identity, dimension: embedder.model.embeddingSize, flip, summary: checkpoint };
}
