/** Makes one number of a run's state NaN or infinite: the run must stop at that step and name the operation. */
import { Device } from "../../../engine/mod.ts";
import { type Checkpoint, HISTORY_TENSOR, restoreCheckpoint } from "../../../train/checkpoint.ts";
import { NumericsError } from "../../../train/errors.ts";
import type { TrainingOptions } from "../../../train/options.ts";
import type { Trainer } from "../../../train/trainer.ts";
import { type SeededRandom, seededRandom } from "../../reference/seeded_random.ts";
import { openTinyRun } from "../../train/tiny_run.ts";
import type { Outcome, Torture, TortureContext } from "../torture.ts";

/** Runs with different state that is computed in different ways. */
const RUNS: readonly Partial<TrainingOptions>[] = [
  {},
  { idLoss: 1, centerLoss: 0.01, neck: "bnneck", embeddingSize: 8 },
  { ema: 0.9, memory: "low" },
  { precision: "f16" },
];

const BROKEN = [NaN, Infinity, -Infinity];

/** Steps before a number becomes non-finite. */
const GOOD_STEPS = 2;

export const torture: Torture = {
  promise:
    "A NaN or infinite number in any weight, moment or running statistic stops the run at that step; --debug-numerics names the first operation that met it, and changes no result",
  async run({ short, seed, say, progress }: TortureContext): Promise<Outcome> {
    const random = seededRandom(seed);
    const perRun = short ? 5 : 500;
    const counts = { trials: 0, losses: 0, hangs: 0, wrong: 0 };
    const note = (options: Partial<TrainingOptions>, fault: string | undefined) => {
      counts.trials++;
      progress(counts.trials, RUNS.length * (perRun + 1));
      if (fault === undefined) return;
      counts.wrong++;
      say(`${JSON.stringify(options)}: ${fault}`);
    };
    let named = 0;
    for (const options of RUNS) {
      const device = await Device.open();
      const run = await openTinyRun(device, { ...options, batchesPerEpoch: 50 });
      await run.trainEpoch(() => {}, () => run.step >= GOOD_STEPS);
      const good = await run.checkpoint();
      note(options, await changesResults(run, good));
      for (let i = 0; i < perRun; i++) {
        const debug = i % (short ? 5 : 10) === 0;
        if (debug) named++;
        note(options, await faultOf(run, good, random, debug));
      }
      for (const owner of [run, device]) owner.destroy();
    }
    return { ...counts, figures: `${named} with the operation named` };
  },
};

/** Describes how a run with --debug-numerics differs from one without it, or returns undefined. */
async function changesResults(run: Trainer, good: Checkpoint): Promise<string | undefined> {
  const ends: string[] = [];
  for (const debug of [false, true]) {
    goBack(run, good);
    await run.trainEpoch(() => {}, () => run.step >= GOOD_STEPS + 3, debug);
    ends.push(
      JSON.stringify([...(await run.checkpoint()).tensors].map(([name, { data }]) => [name, ...data])),
    );
  }
  return ends[0] === ends[1] ? undefined : "--debug-numerics changes the results";
}

/** Makes one random number non-finite; describes what is wrong with the run's reaction, or returns undefined. */
async function faultOf(
  run: Trainer,
  good: Checkpoint,
  random: SeededRandom,
  debug: boolean,
): Promise<string | undefined> {
  const pick = <T>(from: readonly T[]) => from[random.integer(from.length)]!;
  const name = pick([...good.tensors.keys()].filter((name) => name !== HISTORY_TENSOR));
  const tensor = good.tensors.get(name)!;
  const data = Float32Array.from(tensor.data as Float32Array);
  const [element, value] = [random.integer(data.length), pick(BROKEN)];
  data[element] = value;
  goBack(run, { ...good, tensors: new Map([...good.tensors, [name, { ...tensor, data }]]) });
  const what = `${value} at ${element} of ${name}`;
  const error = await run.trainEpoch(() => {}, () => run.step >= GOOD_STEPS + 3, debug)
    .then(() => undefined, (error) => error);
  if (!(error instanceof NumericsError)) return `${what} is not found: ${error?.stack ?? "the run goes on"}`;
  if (!error.message.includes(`step ${GOOD_STEPS + 1} `)) return `${what} is found late: ${error.message}`;
  if (!debug) return undefined;
  const named = isNamed(run, name, error.message) ||
    liesOutside(name, tensor.shape, element) && / is adam \(update.*It read .*weights /.test(error.message);
  return named ? undefined : `${what} is not named: ${error.message}`;
}

/**
 * Whether a weight may belong to a tap that is outside the feature map at every position of its filter, so that only
 * the update uses it. In the last blocks, whose maps here are one or two pixels wide, these are all taps but the middle.
 */
function liesOutside(
  name: string,
  [height = 0, width = 0, channels = 0]: readonly number[],
  element: number,
) {
  const middle = (height >> 1) * width + (width >> 1);
  return /^block1[4-7]\.depthwise\.weight$/.test(name) && Math.floor(element / channels) !== middle;
}

/** Whether a message names a tensor of a checkpoint and the first operation that uses it. */
function isNamed(run: Trainer, tensor: string, message: string): boolean {
  const parameter = tensor.replace(/^(first|second)_moment\//, "");
  const told = /(\d+) of \d+\)\. .*It read (.*)$/.exec(message);
  if (!told || !told[2]!.includes(parameter)) return false;
  const first = run.program.dispatches.findIndex(({ values }) =>
    values.some(({ origin }) =>
      tensor === parameter
        ? origin.kind === "parameter" && origin.parameter.name === parameter
        : origin.kind === "flat" && tensor.startsWith(origin.buffer)
    )
  );
  return first < 0 || Number(told[1]) === first + 1; // Averages are reported as part of the whole state.
}

function goBack(run: Trainer, to: Checkpoint): void {
  restoreCheckpoint(to, run.model.parameters, run.optimizer.state, "the good steps");
  run.step = to.step;
  run.history.length = 0;
}
