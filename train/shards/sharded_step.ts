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
import { joined } from "../../eval/share.ts";
import { ALONE, type Ranks, TreeSum } from "../../ranks/mod.ts";
import type { ReidModel } from "../../model/reid_model.ts";
import type { RunOptions } from "../options.ts";
import type { StepInputs, TrainingStep } from "../step.ts";
import type { ShardPrograms } from "./programs.ts";

type ShardRun = Awaited<ReturnType<ShardPrograms["shard"]["start"]>>;

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
  /** Floats of the gradients, of the running statistics, which come first in the set's state, and of all that is summed. */
  readonly #gradients: number;
  readonly #statistics: number;
  readonly #length: number;
  /** The running statistics before the next step; undefined where they must be read. */
  #before: Float32Array<ArrayBuffer> | undefined;
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
    this.#gradients = set.trainableBytes / 4;
    this.#statistics = model.statisticsBytes / 4;
    this.#length = this.#gradients + this.#statistics + 1;
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
    const before = this.#before ??= (await set.readRanges({ buffer: "state", to: this.#statistics * 4 }))[0]!;
    const start = (i: number) => {
      set.writeRange("state", before); // Each shard moves the statistics that the step began with.
      return shard.start(this.#shardInputs(inputs, i));
    };

    const begun: ShardRun[] = [];
    for (let i = 0; i < local; i++) begun.push(await start(i));
    const features = joined(await Promise.all(begun.map((run) => run.output("features"))));
    const { total, triplet, gradient } = await loss.run({
      features: await ranks.allGather(features),
      labels: inputs.labels,
    });

    const resumed = async (i: number) => {
      // The activations of the shard that ran last are still there. Those of the others are made again.
      const run = i === local - 1 ? begun[i]! : await start(i);
      const length = features.length / local;
      const first = (ranks.rank * local + i) * length;
      await run.resume({ upstream: gradient.subarray(first, first + length) });
      return run;
    };
    const sums: Float32Array<ArrayBuffer>[] = [];
    let earlier: Promise<Float32Array<ArrayBuffer>> | undefined;
    for (let i = local - 1; i > 0; i--) {
      const run = await resumed(i);
      while (await run.proceed());
      const latest = this.#read(run, before, this.#length);
      latest.catch(() => {}); // Where another call fails first, nobody waits for it any more.
      if (earlier) sums.unshift(await earlier); // One copy is under way while the next shard runs.
      earlier = latest;
    }
    const run = await resumed(0);
    if (earlier) sums.unshift(await earlier);
    const all = await this.#summed(run, before, sums);

    const [moved, identity] = [all.subarray(this.#gradients, -1), all[this.#length - 1]! / this.shards.count];
    this.#before = moved.map((sum, i) => before[i]! + sum / this.shards.count);
    set.writeRange("state", this.#before);
    set.writeRange("accumulated", all.subarray(0, this.#gradients));
    const { outputs } = await update.submit({});
    const whole = total.map((value) => value + this.options.idLoss * identity);
    return { outputs: outputs.then((updated) => ({ ...updated, total: whole, triplet })) };
  }

  forget(): void {
    this.#before = undefined;
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

  /**
   * Sums over all shards of what {@link ShardedStep.#read} gives: of the first shard as its run proceeds, and `others`, of
   * the ranks's other shards. While ranks exchange the sums of one part of the gradients, the GPU computes the next.
   */
  async #summed(
    run: ShardRun,
    before: Float32Array,
    others: readonly Float32Array<ArrayBuffer>[],
  ): Promise<Float32Array<ArrayBuffer>> {
    const all = new Float32Array(this.#length);
    for (let end = all.length, more = true; more;) {
      const part = await this.#read(run, before, end);
      more = await run.proceed();
      const from = end - part.length;
      const tree = new TreeSum();
      tree.add(part);
      for (const other of others) tree.add(other.subarray(from, end));
      all.set(await this.#ranks.allSum(tree.total()), from);
      end = from;
    }
    return all;
  }

  /**
   * What is summed over shards, up to `end` and from where its gradients are not complete yet: a shard's gradients, how
   * far it moved the running statistics, and its identity loss.
   */
  async #read(run: ShardRun, before: Float32Array, end: number): Promise<Float32Array<ArrayBuffer>> {
    const from = run.gradientsFrom / 4;
    const isFirst = end === this.#length;
    const to = Math.min(end, this.#gradients);
    const ranges = [
      { buffer: "gradients", from: from * 4, to: to * 4 },
      { buffer: "state", to: isFirst ? this.#statistics * 4 : 0 },
    ];
    const [[gradients, state], identity] = await Promise.all([
      this.#set.readRanges(...ranges.slice(0, isFirst ? 2 : 1)),
      isFirst ? run.output("identity") : undefined,
    ]);
    const sums = new Float32Array(end - from);
    sums.set(gradients!);
    for (const [first, last] of this.#unwritten) {
      if (first >= from && last <= to) sums.fill(0, first - from, last - from);
    }
    state?.forEach((value, i) => sums[to - from + i] = value - before[i]!);
    if (identity) sums.set(identity, end - from - 1);
    return sums;
  }
}
