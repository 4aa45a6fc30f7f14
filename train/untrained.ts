/** The network before training, judged fairly: with batch norm's statistics taken from training images. */
import { type Device, packTransforms, Random, UNMOVED } from "../engine/mod.ts";
import type { PixelStore } from "../data/pixels.ts";
import { recordLargestBatch } from "../model/largest_batch.ts";
import { FoldedWeights } from "../model/folded_weights.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { recordCalibration } from "./step.ts";
import { initialModel } from "./from_options.ts";
import { type BackboneValues, loadBackbone } from "./transfer.ts";

const BATCHES = 10;
const BATCH_IMAGES = 32;
/** Of the running statistics: after 10 batches 0.001 is left of the values that they began with. */
const MOMENTUM = 0.5;

/**
 * A run's network as it was before the first step; free it with `parameters.destroy()`. A pretrained backbone keeps the
 * statistics that it came with.
 *
 * @param pretrained the backbone's weights, where the run began with such.
 */
export async function untrainedModel(
  device: Device,
  spec: ModelSpec,
  seed: number,
  store: PixelStore,
  pretrained?: BackboneValues,
): Promise<ReidModel> {
  const model = initialModel(device, { ...spec, momentum: MOMENTUM }, seed);
  try {
    if (pretrained) loadBackbone(model, pretrained);
    await calibrate(device, model, seed, store, pretrained && await FoldedWeights.of(model.parameters));
  } catch (error) {
    model.parameters.destroy();
    throw error;
  }
  return model;
}

/** Takes a network's running statistics from images of the store. */
async function calibrate(
  device: Device,
  model: ReidModel,
  seed: number,
  store: PixelStore,
  frozen: FoldedWeights | undefined,
): Promise<void> {
  const { images, program } = await recordLargestBatch(
    BATCH_IMAGES,
    (n) => recordCalibration(device, model, n, frozen),
  );
  const random = new Random(seed);
  const usable = [...store.usable.keys()].filter((i) => store.usable[i]);
  const transforms = packTransforms(new Array(images).fill(UNMOVED));
  try {
    for (let i = 0; i < BATCHES; i++) {
      const pixels = new Uint8Array(images * store.stride);
      await store.batch(
        Array.from({ length: images }, () => usable[random.integer(usable.length)]!),
        pixels,
      );
      await program.submit({ pixels: new Uint32Array(pixels.buffer), transforms });
    }
    await device.idle();
  } finally {
    program.destroy();
  }
}
