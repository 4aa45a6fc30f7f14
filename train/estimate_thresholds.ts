/** The thresholds of a run's network, on the people whom it holds out. */
import type { ReidDataset } from "../data/dataset.ts";
import type { PixelStore } from "../data/pixels.ts";
import { itemAt } from "../engine/item_at.ts";
import type { Device } from "../engine/mod.ts";
import { embedStored } from "../eval/embed.ts";
import { estimateThresholds } from "../eval/verification/estimate_thresholds.ts";
import { Embedder } from "../model/embedder.ts";
import type { Thresholds } from "../model/thresholds.ts";
import { buildTrainedModel, trainedModel } from "../model/trained_model.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** Images embedded at a time. */
const BATCH = 32;

/** The images of the people held out. */
export interface HeldOutImages {
  readonly dataset: ReidDataset;
  /** The pixels of all training images. */
  readonly store: PixelStore;
  /** Indices in both. */
  readonly images: readonly number[];
}

/**
 * Estimates the thresholds of the network that a checkpoint is scored with: the average of the weights if it has one. For
 * embeddings of images, and for those averaged over mirror images.
 *
 * @returns empty where the images are too few.
 */
export async function thresholdsOfCheckpoint(
  device: Device,
  { model: spec, step, tensors }: Checkpoint,
  { dataset, store, images }: HeldOutImages,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Thresholds[]> {
  const model = buildTrainedModel(device, trainedModel(spec, step, tensors));
  const labels = {
    identity: Int32Array.from(images, (image) => itemAt(dataset.train, image).identity),
    camera: Int32Array.from(images, (image) => itemAt(dataset.train, image).camera),
  };
  const found: Thresholds[] = [];
  try {
    const embedder = await Embedder.open(device, model, BATCH);
    try {
      for (const [pass, flip] of [false, true].entries()) {
        const embeddings = await embedStored(embedder, store, images, {
          flip,
          onProgress: (done) => onProgress(pass * images.length + done, 2 * images.length),
        });
        const estimated = await estimateThresholds(device, { embeddings, labels }, model.embeddingSize);
        if (estimated) found.push({ flip, unitLength: spec.normalize, ...estimated });
      }
    } finally {
      embedder.destroy();
    }
  } finally {
    model.parameters.destroy();
  }
  return found;
}
