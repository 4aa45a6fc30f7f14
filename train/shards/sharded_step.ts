/**
 * A training step whose batch is divided into shards of equal size: one after another on one device (micro-batches), side
 * by side on several processes (ranks), or both.
 *
 * Distances and mining are over the embeddings of all shards. Batch norm normalizes each shard by the shard's statistics,
 * as PyTorch's DistributedDataParallel does without SyncBatchNorm; running statistics move by the mean over shards.
 * Gradients are added on the host, in the order of {@link TreeSum}: a number of shards that is a power of two gives the
 * same bits however many ranks share them.
 */
import type { ParameterSet } from "../../engine/mod.ts";
import { ALONE, type Ranks, TreeSum } from "../../ranks/mod.ts";
import type { ReidModel } from "../../model/reid_model.ts";
import type { RunOptions } from "../options.ts";
import type { StepInputs, TrainingStep } from "../step.ts";
import type { ShardPrograms } from "./programs.ts";

/** What a step in shards needs to know. */
export interface Shards {
  /** Shards of a batch. */
  readonly count: number;
  /** Images of a shard. */
  readonly images: number;
  /** Processes that share them; this one by default. */
  readonly ranks?: Ranks;
}

/** A step in shards. It takes inputs of this rank's images, and labels of all. */
export class ShardedStep implements TrainingStep {
  readonly #set: ParameterSet;
  readonly #ranks: Ranks;
  /** Shards that this rank makes. */
  readonly #local: number;
  /** Ranges of the gradients that no dispatch writes. */
  readonly #unwritten: readonly (readonly [number, number])[];
  /** Floats of the running statistics, which come first in the set's state. */
  readonly #statistics: number;
  readonly images: TrainingStep["images"];

  constructor(
    readonly programs: ShardPrograms,
    model: ReidModel,
    readonly options: Pick<RunOptions, "idLoss">,
    readonly shards: Shards,
  ) {
    const { parameters: set } = model;
    this.#set = set;
    this.#ranks = shards.ranks ?? ALONE;
    this.#local = shards.count / this.#ranks.size;
    const count = this.#local * shards.images;
    this.images = { first: this.#ranks.rank * count, count };
    this.#unwritten = set.parameters.filter(({ trainable, name }) => trainable && !programs.written.has(name))
      .map(({ offset, bytes }) => [offset / 4, (offset + bytes) / 4]);
    this.#statistics = model.statisticsBytes / 4;
  }

  get dispatches(): TrainingStep["dispatches"] {
    return this.programs.shard.dispatches;
  }

  get bytes(): number {
    const { shard, loss, update } = this.programs;
    return [shard, loss, update].reduce((bytes, { memory }) => bytes + memory.total, 0);
  }

  async submit(inputs: StepInputs) {
    const { shard, loss, update } = this.programs;
    const [set, ranks, local] = [this.#set, this.#ranks, this.#local];
    const before = await set.readBuffer("state", this.#statistics * 4);
    const start = (i: number) => {
      set.writeBuffer("state", before); // Each shard moves the statistics that the step began with.
      return shard.start(this.#shardInputs(inputs, i));
    };

    const begun = [];
    for (let i = 0; i < local; i++) begun.push(await start(i));
    const features = concatenated(await Promise.all(begun.map((run) => run.output("features"))));
    const { total, triplet, gradient } = await loss.run({
      features: await ranks.allGather(features),
      labels: inputs.labels,
    });

    const upstream = (i: number) => {
      const length = features.length / local;
      const first = (ranks.rank * local + i) * length;
      return gradient.subarray(first, first + length);
    };
    const sums: Promise<Float32Array<ArrayBuffer>>[] = [];
    for (let i = local - 1; i >= 0; i--) {
      // The activations of the shard that ran last are still there. Those of the others are made again.
      const run = begun.pop() ?? await start(i);
      begun.length = 0;
      await run.resume({ upstream: upstream(i) });
      sums.unshift(this.#shardSums(run.output("identity"), before));
      await sums[1]; // One copy is under way while the next shard runs.
    }
    const tree = new TreeSum();
    for (const part of sums) tree.add(await part);
    const all = await ranks.allSum(tree.total());

    const statistics = all.subarray(0, this.#statistics).map((sum, i) =>
      before[i]! + sum / this.shards.count
    );
    const identity = all[this.#statistics]! / this.shards.count;
    set.writeBuffer("state", statistics);
    set.writeBuffer("accumulated", all.subarray(this.#statistics + 1));
    const { outputs } = await update.submit({});
    const whole = total.map((value) => value + this.options.idLoss * identity);
    return { outputs: outputs.then((updated) => ({ ...updated, total: whole, triplet })) };
  }

  destroy(): void {
    const { shard, loss, update } = this.programs;
    for (const program of [shard, loss, update]) program.destroy();
  }

  /** What this rank's shard number `i` takes. */
  #shardInputs({ pixels, augmentations, labels }: StepInputs, i: number) {
    const part = <T extends Uint32Array | Float32Array>(values: T, images: number, first: number) => {
      const length = values.length / images;
      return values.subarray(first * length, (first + this.shards.images) * length);
    };
    const first = i * this.shards.images;
    return {
      pixels: part(pixels, this.images.count, first),
      augmentations: part(augmentations, this.images.count, first),
      labels: part(labels, this.shards.count * this.shards.images, this.images.first + first),
    };
  }

  /** What is summed over shards: how far it moved the running statistics, its identity loss, and its gradients. */
  async #shardSums(
    identity: Promise<Float32Array>,
    before: Float32Array,
  ): Promise<Float32Array<ArrayBuffer>> {
    const [gradients, state, [loss = NaN]] = await Promise.all([
      this.#set.readBuffer("gradients"),
      this.#set.readBuffer("state", this.#statistics * 4),
      identity,
    ]);
    const sums = new Float32Array(this.#statistics + 1 + gradients.length);
    for (let i = 0; i < this.#statistics; i++) sums[i] = state[i]! - before[i]!;
    sums[this.#statistics] = loss;
    for (const [from, to] of this.#unwritten) gradients.fill(0, from, to);
    sums.set(gradients, this.#statistics + 1);
    return sums;
  }
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const [{ length } = { length: 0 }] = parts;
  const all = new Float32Array(parts.length * length);
  parts.forEach((part, i) => all.set(part, i * length));
  return all;
}
