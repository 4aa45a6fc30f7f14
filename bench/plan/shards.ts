/** A step in shards on a GPU that computes nothing: its programs, and what goes between them, the host and other ranks. */
import { Device, Random } from "../../engine/mod.ts";
import type { Precision } from "../../kernels/mod.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { modelSpec } from "../../train/from_options.ts";
import { optionsFor, type TrainingOptions } from "../../train/options.ts";
import { recordShards } from "../../train/shards/programs.ts";
import { trainingOptimizer } from "../../train/step.ts";
import { stepInputs } from "../step_programs.ts";
import { type PlannedDispatch, plannedDispatches } from "./count.ts";
import type { Profile } from "./profiles.ts";
import { StubGpu } from "./stub_gpu.ts";

/** The parts of a step in shards. */
export interface ShardsPlan {
  /** What its activations are stored in. */
  readonly precision: Precision;
  /**
   * Dispatches of a shard up to its features, from their gradients on, and of these the ones that are left when the first
   * gradients are exchanged; of the loss over all shards; of the update.
   */
  readonly dispatches: Readonly<
    Record<"forward" | "backward" | "left" | "loss" | "update", readonly PlannedDispatch[]>
  >;
  readonly bytes: ShardBytes;
  /** Bytes of GPU memory of a rank. */
  readonly memory: number;
}

/** Bytes between the GPU, the host and other ranks. */
export interface ShardBytes {
  /** What the host writes for a shard to begin. */
  readonly inputs: number;
  /** The features of a shard. */
  readonly features: number;
  /** Batch norm's running statistics. */
  readonly statistics: number;
  /** Gradients of the parameters. */
  readonly gradients: number;
  /** What ranks add up: statistics, the identity loss and gradients. */
  readonly summed: number;
  /** What of it is exchanged first, while the GPU makes the rest. */
  readonly early: number;
}

/**
 * Plans a step of `batch` images in `count` shards, on a separate device; `isExchanged` where several ranks share them.
 *
 * @throws {LimitError} when the adapter cannot hold a tensor.
 */
export async function planShards(
  profile: Profile,
  given: TrainingOptions,
  batch: number,
  { count, isExchanged }: { readonly count: number; readonly isExchanged: boolean },
): Promise<ShardsPlan> {
  const gpu = new StubGpu(profile);
  using device = await Device.open({ gpu, cores: profile.cores });
  const options = optionsFor(device.target, given);
  const model = new ReidModel(device, modelSpec(options, 0), new Random(options.seed));
  const optimizer = trainingOptimizer(model, options);
  const shards = { count, isExchanged };
  const { shard, loss, update } = await recordShards(device, model, optimizer, options, batch, shards, {});

  gpu.forgetRuns();
  const { pixels, augmentations, labels } = stepInputs(options, batch);
  const part = <T extends Float32Array | Uint32Array>(values: T) => values.subarray(0, values.length / count);
  const run = await shard.start({
    pixels: part(pixels),
    augmentations: part(augmentations),
    labels: part(labels),
  });
  const inputs = gpu.uploadedBytes, forward = gpu.dispatches.length;
  const features = await run.output("features");
  await run.resume({ upstream: features });
  const begun = gpu.dispatches.length, from = run.gradientsFrom;
  while (await run.proceed());
  const whole = plannedDispatches(gpu, shard.dispatches);

  gpu.forgetRuns();
  await loss.run({ features: new Float32Array(count * features.length), labels });
  const lossDispatches = plannedDispatches(gpu, loss.dispatches);
  gpu.forgetRuns();
  await update.run({});
  const gradients = model.parameters.flat("gradients").bytes;
  return {
    precision: options.precision,
    dispatches: {
      forward: whole.slice(0, forward),
      backward: whole.slice(forward),
      left: whole.slice(begun),
      loss: lossDispatches,
      update: plannedDispatches(gpu, update.dispatches),
    },
    bytes: {
      inputs,
      features: features.byteLength,
      statistics: model.statisticsBytes,
      gradients,
      summed: model.statisticsBytes + 4 + gradients,
      early: model.statisticsBytes + 4 + gradients - from,
    },
    memory: gpu.aliveBytes,
  };
}
