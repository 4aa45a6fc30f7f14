/** Transfer learning: a backbone with pretrained weights, which may stay as they are while the rest learns. */
import type { Device, Optimizer, Parameter } from "../engine/mod.ts";
import { FoldedWeights } from "../model/folded_weights.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { RunError } from "./errors.ts";
import type { RunOptions, TrainingOptions } from "./options.ts";
import { ALL_BLOCKS } from "./settings/transfer.ts";
import { recordStep } from "./shards/record_step.ts";
import type { StepExtras, TrainingStep } from "./step.ts";
import type { Ranks } from "../ranks/mod.ts";

/** Values of all of a backbone's parameters, row-major, by the parameters' names. */
export type BackboneValues = ReadonlyMap<string, Float32Array>;

/** Whether a run takes the values of a parameter of the backbone from its file, where it has one. */
function isTaken(name: string, { pretrainedBlocks }: TrainingOptions): boolean {
  const block = name.startsWith("stem.") ? 0 : Number(/^block(\d+)\./.exec(name)?.[1] ?? ALL_BLOCKS);
  return block <= pretrainedBlocks;
}

/** Those of a file's values that a run takes. */
export function takenValues(values: BackboneValues, options: TrainingOptions): BackboneValues {
  return new Map([...values].filter(([name]) => isTaken(name, options)));
}

/** The parameters of the backbone that a run takes from its file; all where it has none. */
export function takenParameters({ backbone }: ReidModel, options: TrainingOptions): ReadonlySet<Parameter> {
  if (options.initialWeights === "") return backbone;
  return new Set([...backbone].filter(({ name }) => isTaken(name, options)));
}

/** Overwrites weights and running statistics of the backbone: those that there are values of. */
export function loadBackbone(model: ReidModel, values: BackboneValues): void {
  for (const parameter of model.backbone) {
    const value = values.get(parameter.name);
    if (value) model.parameters.write(parameter, value);
  }
}

/**
 * Records the step of the epochs in which what is loaded stays. It runs as it does in scoring, by its running statistics
 * with batch norms folded in: nothing of it changes, and no gradient or activation of it is kept.
 *
 * @throws {RunError} when there is nothing in the network but the backbone.
 */
export async function recordFrozenStep(
  device: Device,
  model: ReidModel,
  optimizer: Optimizer,
  options: RunOptions,
  images: number,
  extras: Omit<StepExtras, "frozen"> = {},
  ranks?: Ranks,
): Promise<TrainingStep> {
  const taken = takenParameters(model, options);
  if (!model.parameters.parameters.some((parameter) => parameter.trainable && !taken.has(parameter))) {
    throw new RunError(
      "With the backbone frozen there is nothing to train: this network has no head. Give it a neck, an " +
        "embedding size or an identity loss, or freeze no epochs.",
      { remedies: [{ kind: "change", settings: ["neck", "embeddingSize", "idLoss", "freezeEpochs"] }] },
    );
  }
  const frozen = await FoldedWeights.of(model.parameters, taken);
  return await recordStep(device, model, optimizer, options, images, { ...extras, taken, frozen }, ranks);
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
