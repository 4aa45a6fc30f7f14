/** The network that embeds images and queries of a gallery. */
import { extensionOf } from "../../embed/formats.ts";
import { thresholdsFor } from "../../eval/verification/kept_thresholds.ts";
import { Embedder } from "../../model/embedder.ts";
import { featureCount } from "../../model/network_layers.ts";
import { buildTrainedModel, modelIdentity, type TrainedModel } from "../../model/trained_model.ts";
import type { GalleryModel } from "../../search/gallery_types.ts";
import { RunError } from "../../train/errors.ts";
import { readTrainedModel } from "../../train/trained_model_file.ts";
import { openDevice } from "../device.ts";

/** A network, and its record in a gallery of its embeddings. */
export interface Network {
  readonly trained: TrainedModel;
  readonly model: GalleryModel;
}

/**
 * Reads the network of a run's folder, a checkpoint or a model file.
 *
 * @param checkpoint also its name in the gallery.
 * @param averaged uses the averages of the weights if there are any.
 * @param flip whether its embeddings are averaged over mirror images.
 * @throws {RunError} when there is no such network.
 */
export async function readNetwork(checkpoint: string, averaged: boolean, flip: boolean): Promise<Network> {
  const { model: trained } = await readTrainedModel(checkpoint, { averaged });
  const { embeddingSize, width } = trained.spec;
  const dimension = embeddingSize || featureCount(width);
  const thresholds = thresholdsFor(trained.thresholds, { flip, unitLength: trained.spec.normalize });
  const identity = await modelIdentity(trained);
  return { trained, model: { identity, dimension, flip, summary: checkpoint, thresholds } };
}

/**
 * Where a gallery's network is: at the path given, or at the one that the gallery names.
 *
 * @throws {RunError} when the gallery was made from a file of vectors, which does not say where.
 */
export function networkPath(given: string | undefined, { summary }: Pick<GalleryModel, "summary">): string {
  if (given !== undefined) return given;
  if (extensionOf(summary) === undefined) return summary;
  throw new RunError(
    `The gallery was made from the vectors in ${summary}, which do not say where their network is: give it with --checkpoint.`,
  );
}

/** Puts a network on a device, for batches of so many images. Disposal frees both. */
export async function openEmbedder(
  trained: TrainedModel,
  batch: number,
): Promise<{ readonly embedder: Embedder } & Disposable> {
  const device = await openDevice();
  const model = buildTrainedModel(device, trained);
  const embedder = await Embedder.open(device, model, batch);
  return {
    embedder,
    [Symbol.dispose]() {
      embedder.destroy();
      model.parameters.destroy();
      device.destroy();
    },
  };
}
