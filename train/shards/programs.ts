/**
 * The programs of a step in shards: each shard's embeddings and gradients, the loss over the embeddings of all, and the
 * update. Gradients of embeddings stand between them, as in GradCache (Gao, Zhang, Han and Callan, "Scaling Deep
 * Contrastive Learning Batch Size under Memory Limited Setup", 2021).
 */
import {
  accumulated,
  add,
  affine,
  backward,
  concat,
  constant,
  type Device,
  f32,
  late,
  mul,
  type Optimizer,
  Program,
  slice,
  sum,
  u32,
} from "../../engine/mod.ts";
import { identityLoss } from "../../losses/mod.ts";
import type { ReidModel } from "../../model/reid_model.ts";
import type { RunOptions } from "../options.ts";
import { imageInputs, metricLoss, recordUpdate, type StepExtras, trainedFeatures } from "../step.ts";

/**
 * Share of the gradients that ranks exchange while the GPU makes the others. The network's last layers have most weights
 * and their gradients come first: at width 1, half of the backward pass is left when nine tenths are complete.
 */
const EARLY_SHARE = 0.9;

/** Into how many shards a batch is divided. */
export interface ShardCount {
  readonly count: number;
  /** Whether several ranks share them. */
  readonly isExchanged: boolean;
}

/** Programs of a step in shards. */
export type ShardPrograms = Awaited<ReturnType<typeof recordShards>>;

/** Numbers of an image that the loss over all shards needs: its embedding, and its features where centers follow them. */
function exchangedFeatures({ embeddingSize }: ReidModel, { centers }: StepExtras): number {
  return centers ? 2 * embeddingSize : embeddingSize;
}

/**
 * A shard of `images` images: its features, then, given the gradients of the loss with respect to them, the gradients of the
 * weights, in the set's memory, and `identity`, the identity loss of the shard, 0 without one.
 *
 * Where ranks exchange the gradients, its last part comes when most of them are complete.
 */
async function recordShard(
  device: Device,
  model: ReidModel,
  { lossScale }: Optimizer,
  options: RunOptions,
  images: number,
  { count, isExchanged }: ShardCount,
  extras: StepExtras,
) {
  const size = exchangedFeatures(model, extras);
  const inputs = {
    ...imageInputs(model, images),
    labels: u32([images]),
    upstream: late(f32([images, size])),
  };
  const written = new Set<string>();
  const program = await Program.record(device, inputs, ({ labels, upstream, ...shard }) => {
    const neck = trainedFeatures(model, options, shard, extras.frozen);
    const embeddings = model.tripletFeatures(neck);
    const features = extras.centers ? concat([embeddings, neck.before], 1) : embeddings;
    let total = sum(mul(features, upstream));
    let identity = constant([0], [1]);
    if (options.idLoss > 0) {
      identity = identityLoss(model.logits(neck), labels, options.labelSmoothing).loss;
      total = add(total, affine(identity, options.idLoss / count, 0));
    }
    const gradients = lossScale ? lossScale.scaled(total) : backward(total);
    for (const parameter of model.parameters.parameters) {
      if (parameter.trainable && gradients.of(parameter)) written.add(parameter.name);
    }
    return { features, identity };
  }, {
    precision: options.precision,
    memory: options.memory,
    gradientShares: isExchanged ? [EARLY_SHARE] : [],
  });
  return { program, written };
}

/** The loss over the features of all images [images, D]: its value, its metrics, and its gradient [images, D]. */
function recordLoss(
  device: Device,
  model: ReidModel,
  options: RunOptions,
  images: number,
  extras: StepExtras,
) {
  const D = model.embeddingSize;
  const size = exchangedFeatures(model, extras);
  const inputs = { features: f32([images, size], { differentiable: true }), labels: u32([images]) };
  return Program.record(device, inputs, ({ features, labels }) => {
    const [embeddings, before] = extras.centers
      ? [slice(features, 1, 0, D), slice(features, 1, D, size)]
      : [features, features];
    const { total, triplet } = metricLoss(options, embeddings, before, labels, extras);
    return { total, triplet, gradient: backward(total).of(features)! };
  });
}

/**
 * Records the programs of a step over batches of `images` images in shards of equal size.
 *
 * @throws {LimitError} when a shard does not fit the adapter.
 */
export async function recordShards(
  device: Device,
  model: ReidModel,
  optimizer: Optimizer,
  options: RunOptions,
  images: number,
  shards: ShardCount,
  extras: StepExtras,
) {
  const made: { destroy(): void }[] = [];
  const keep = <T extends { destroy(): void }>(program: T): T => {
    made.push(program);
    return program;
  };
  try {
    const { program: shard, written } = await recordShard(
      device,
      model,
      optimizer,
      options,
      images / shards.count,
      shards,
      extras,
    );
    keep(shard);
    const loss = keep(await recordLoss(device, model, options, images, extras));
    const update = keep(
      await Program.record(device, {}, () => {
        const gradients = accumulated(model.parameters);
        optimizer.lossScale?.check(gradients);
        return recordUpdate(model, optimizer, options, extras, (rate) => optimizer.update(gradients, rate));
      }),
    );
    return { shard, loss, update, written };
  } catch (error) {
    for (const program of made) program.destroy();
    throw error;
  }
}
