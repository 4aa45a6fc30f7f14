/** The network before training, judged fairly: with batch norm's statistics taken from training images. */
import type { Device } from "../engine/mod.ts";
import type { PixelStore } from "../data/pixels.ts";
import { FoldedWeights } from "../model/folded_weights.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { initialModel } from "./from_options.ts";
import { type BatchProgress, passBatches } from "./running_statistics.ts";
import { type BackboneValues, loadBackbone } from "./transfer.ts";

const BATCHES = 10;
/** Of the running statistics: after 10 batches 0.001 is left of the values that they began with. */
const MOMENTUM = 0.5;

/**
 * A run's network as it was before the first step; free it with `parameters.destroy()`. Pretrained weights keep the
 * statistics that they came with.
 *
 * @param pretrained what the run took from a file, where it began with one.
 * @param onProgress called with the batches done and of all.
 */
export async function untrainedModel(
  device: Device,
  spec: ModelSpec,
  seed: number,
  store: PixelStore,
  pretrained?: BackboneValues,
  onProgress: BatchProgress = () => {},
): Promise<ReidModel> {
  const model = initialModel(device, { ...spec, momentum: MOMENTUM }, seed);
  try {
    if (pretrained) loadBackbone(model, pretrained);
    const taken = new Set([...model.backbone].filter(({ name }) => pretrained?.has(name)));
    const frozen = pretrained && await FoldedWeights.of(model.parameters, taken);
    await passBatches(device, model, BATCHES, seed, store, frozen, (done) => onProgress(done, BATCHES));
  } catch (error) {
    model.parameters.destroy();
    throw error;
  }
  return model;
}
