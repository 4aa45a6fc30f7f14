/** The step in shards on the ranks of a job: its time, and what its exchanges take and send. */
import { runCommand } from "../cli/command.ts";
import { openDevice } from "../cli/device.ts";
import { type Command, type FlagTable, type FlagValues, parseFlags } from "../cli/flags.ts";
import { DISTRIBUTED_FLAG, distributedIn, onRanks, sayAdapters } from "../cli/on_ranks.ts";
import { median, Random } from "../engine/mod.ts";
import { ReidModel } from "../model/reid_model.ts";
import type { Exchanged, Ranks } from "../ranks/mod.ts";
import { modelSpec } from "../train/from_options.ts";
import { completeOptions, optionsFor } from "../train/options.ts";
import { recordStep } from "../train/shards/record_step.ts";
import { trainingOptimizer } from "../train/step.ts";
import { BATCH_FLAG, checkShards, RANK_SHARDS_FLAG, STEP_SETTINGS, stepInputs } from "./step_programs.ts";

const COMMAND: Command = {
  usage: "deno task bench:ranks",
  summary:
    "Times the step in shards on the ranks of a job, on random images, and what its exchanges take. With one process, " +
    "the same shards one after another.",
  examples: [
    ["mpirun -n 4 deno task bench:ranks --micro-batches 4", "four ranks with a shard each"],
    ["deno task bench:ranks --micro-batches 4", "the same four shards in one process"],
  ],
};

const FLAGS = {
  ...STEP_SETTINGS,
  batch: BATCH_FLAG,
  microBatches: RANK_SHARDS_FLAG,
  steps: { type: "integer", min: 1, max: 1000, default: 10, help: "Steps, of which the median counts." },
  distributed: DISTRIBUTED_FLAG,
} as const satisfies FlagTable;

/** Runs the bench. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  return await onRanks(distributedIn(args), (ranks) => time(parseFlags(COMMAND, FLAGS, args), ranks));
}

async function time(flags: FlagValues<typeof FLAGS>, ranks: Ranks): Promise<number> {
  const { batch, microBatches: shards = ranks.size, steps, distributed: _, ...settings } = flags;
  checkShards(batch, ranks.size, shards);
  using device = await openDevice();
  await sayAdapters(ranks, device.adapter.name);
  const options = optionsFor(device.target, completeOptions({ ...settings, microBatches: shards }));
  const model = new ReidModel(device, modelSpec(options, 0), new Random(options.seed));
  const optimizer = trainingOptimizer(model, options);
  const meter = new Meter(ranks);
  const step = await recordStep(device, model, optimizer, options, batch, {}, meter);
  const all = stepInputs(options, batch);
  const { first, count } = step.images;
  const range = ({ length }: Exchanged) => [first, first + count].map((image) => image * length / batch);
  const inputs = {
    pixels: all.pixels.subarray(...range(all.pixels)),
    augmentations: all.augmentations.subarray(...range(all.augmentations)),
    labels: all.labels,
  };

  const rows: { step: number; waiting: number; exchanging: number; hidden: number; sent: number }[] = [];
  for (let i = -WARM_UP; i < steps; i++) {
    meter.reset();
    await ranks.barrier();
    const start = performance.now();
    await (await step.submit(inputs)).outputs;
    if (i >= 0) rows.push({ step: performance.now() - start, ...meter.values });
  }
  const value = (key: keyof typeof rows[number]) => median(rows.map((row) => row[key]));
  const [total, exchanging] = [value("step"), value("exchanging")];
  console.log(
    `MobileNetV2 ${options.width}, ${options.imageHeight}×${options.imageWidth}, ${batch} images in ${shards} shards, ` +
      `${ranks.size} ${ranks.size === 1 ? "rank" : "ranks"}, loss ${options.loss}, ${options.precision}`,
  );
  console.log(
    `step ${total.toFixed(1)} ms; ${exchanging.toFixed(1)} ms exchange, of which at least ` +
      `${value("hidden").toFixed(1)} ms (${
        (100 * value("hidden") / Math.max(exchanging, 1e-9)).toFixed(0)
      } %) beside ` +
      `the GPU's work; ${value("waiting").toFixed(1)} ms waiting for other ranks`,
  );
  const { size } = ranks;
  console.log(
    `a rank sends ${value("sent").toLocaleString("en")} bytes a step: features, and ` +
      `2 · ${size - 1}/${size} of the sums; the gradients have ${
        model.parameters.flat("gradients").bytes.toLocaleString("en")
      } bytes`,
  );
  step.destroy();
  return 0;
}

/** A longer wait for the GPU is for work that it was still doing: Deno takes up to 11 ms to see that it has none. */
const IDLE_MS = 20;
/** Steps that are not counted. */
const WARM_UP = 2;

/** Ranks that time what they exchange: after a barrier, so that waiting for other ranks is counted apart. */
class Meter implements Ranks {
  readonly rank: number;
  readonly size: number;
  readonly host: string;
  /** Milliseconds, and bytes sent, since the last reset. */
  values = { waiting: 0, exchanging: 0, hidden: 0, sent: 0 };
  /** The latest sum: when it was there, and how long it took. */
  #latest: { readonly end: number; readonly took: number } | undefined;

  constructor(readonly ranks: Ranks) {
    this.rank = ranks.rank;
    this.size = ranks.size;
    this.host = ranks.host;
  }

  reset(): void {
    this.values = { waiting: 0, exchanging: 0, hidden: 0, sent: 0 };
    this.#latest = undefined;
  }

  allGather<T extends Exchanged>(values: T): Promise<T> {
    return this.#timed((this.size - 1) * values.byteLength, () => this.ranks.allGather(values));
  }

  async allSum(values: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>> {
    const sent = 2 * (this.size - 1) / this.size * values.byteLength;
    // Where the GPU had to be waited for after the sum before, all of that went on beside its work.
    const { end, took } = this.#latest ?? { end: Infinity, took: 0 };
    if (performance.now() - end > IDLE_MS) this.values.hidden += took;
    const before = this.values.exchanging;
    const sum = await this.#timed(sent, () => this.ranks.allSum(values));
    this.#latest = { end: performance.now(), took: this.values.exchanging - before };
    return sum;
  }

  barrier(): Promise<void> {
    return this.ranks.barrier();
  }

  abort(code: number): never {
    this.ranks.abort(code);
  }

  finish(): Promise<void> {
    return this.ranks.finish();
  }

  async #timed<T>(sent: number, exchange: () => Promise<T>): Promise<T> {
    const start = performance.now();
    await this.ranks.barrier();
    const met = performance.now();
    const result = await exchange();
    this.values.waiting += met - start;
    this.values.exchanging += performance.now() - met;
    this.values.sent += sent;
    return result;
  }
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
