/** A training step, whole or in shards. */
import type { Device, Optimizer } from "../../engine/mod.ts";
import { ALONE, type Ranks } from "../../ranks/mod.ts";
import type { ReidModel } from "../../model/reid_model.ts";
import type { RunOptions } from "../options.ts";
import { recordTrainingStep, type StepExtras, type TrainingStep } from "../step.ts";
import { recordShards } from "./programs.ts";
import { ShardedStep } from "./sharded_step.ts";

/** The step of a run whose options say into how many shards its batches of `images` images are divided. */
export async function recordStep(
  device: Device,
  model: ReidModel,
  optimizer: Optimizer,
  options: RunOptions,
  images: number,
  extras: StepExtras,
  ranks: Ranks = ALONE,
): Promise<TrainingStep> {
  const { microBatches: count } = options;
  if (count > 1) {
    const shards = { count, isExchanged: ranks.size > 1 };
    const programs = await recordShards(device, model, optimizer, options, images, shards, extras);
    return new ShardedStep(programs, model, options, { count, images: images / count, ranks });
  }
  const whole = await recordTrainingStep(device, model, optimizer, options, images, extras);
  return {
    images: { first: 0, count: images },
    submit: (inputs, how) => whole.submit({ ...inputs }, how),
    dispatches: whole.dispatches,
    bytes: whole.memory.total,
    whole,
    destroy: () => whole.destroy(),
  };
}
