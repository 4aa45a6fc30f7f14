/** Transfer learning: a backbone with pretrained weights, which may stay as it is while the head learns. */
import type { Device, Optimizer } from "../engine/mod.ts";
import { FoldedWeights } from "../model/folded_weights.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { RunError } from "./errors.ts";
import type { TrainingOptions } from "./options.ts";
import { recordTrainingStep, type StepExtras, type TrainingStep } from "./step.ts";

/** Values of all of a backbone's parameters, row-major, by the parameters' names. */
export type BackboneValues = ReadonlyMap<string, Float32Array>;

/** Overwrites the backbone's weights and running statistics. */
export function loadBackbone(model: ReidModel, values: BackboneValues): void {
  for (const parameter of model.backbone) model.parameters.write(parameter, values.get(parameter.name)!);
}

/**
 * Records the step of the epochs in which only the head learns. The backbone runs as it does in scoring, by its running
 * statistics with batch norms folded in: nothing of it changes, and no gradient or activation of it is kept.
 *
 * @throws {RunError} when there is nothing in the network but the backbone.
 */
export async function recordFrozenStep(
  device: Device,
  model: ReidModel,
  optimizer: Optimizer,
  options: TrainingOptions,
  images: number,
  extras: Omit<StepExtras, "frozen"> = {},
): Promise<TrainingStep> {
  if (
    !model.parameters.parameters.some((parameter) => parameter.trainable && !model.backbone.has(parameter))
  ) {
    throw new RunError(
      "With the backbone frozen there is nothing to train: this network has no head. Give it a neck, an " +
        "embedding size or an identity loss, or freeze no epochs.",
      { remedies: [{ kind: "change", settings: ["neck", "embeddingSize", "idLoss", "freezeEpochs"] }] },
    );
  }
  const frozen = await FoldedWeights.of(model.parameters);
  return await recordTrainingStep(device, model, optimizer, options, images, { ...extras, frozen });
}

/**
 * Restarts the optimizer, with moments of zero, as the backbone joins: its moments would otherwise be averages over
 * steps in which it had no gradient, and its first steps too large.
 */
export function restartOptimizer(model: ReidModel, optimizer: Optimizer): void {
  for (const parameter of model.parameters.parameters) {
    if (!parameter.trainable) continue;
    const zeros = new Float32Array(parameter.shape.reduce((a, b) => a * b, 1));
    for (const buffer of optimizer.state) model.parameters.writeTrainable(buffer, parameter, zeros);
  }
}
