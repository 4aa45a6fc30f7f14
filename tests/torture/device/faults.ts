/** Every WebGPU call of a short training fails once, in every way that it can fail. */
import { fileURLToPath } from "node:url";
import { seededRandom } from "../../reference/seeded_random.ts";
import { outputLines } from "../output_lines.ts";
import type { Outcome, Torture, TortureContext } from "../torture.ts";
import { countTrials, type FaultTrial, type TrialResult } from "./fault_trials.ts";

/** Trials in one process: every device that a process opens leaves some megabytes with the driver for good. */
const TRIALS_PER_PROCESS = 100;

const SCRIPT = fileURLToPath(new URL("fault_trials.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));

export const torture: Torture = {
  promise:
    "Any WebGPU call may fail in any way: the numbers are right or there is a typed error, nothing hangs, nothing is unhandled, no GPU memory is left behind",
  limitSeconds: { short: 240, full: 3 * 3600 },
  async run({ short, seed, say, progress }: TortureContext): Promise<Outcome> {
    const random = seededRandom(seed);
    const trials: FaultTrial[] = [];
    for (const [name, faults] of await countTrials()) {
      // All faults of the two layers, and of MobileNetV2, whose calls repeat each other, some.
      const wanted = name === "MobileNetV2" ? (short ? 6 : 300) : short ? 40 : faults.length;
      trials.push(
        ...(wanted < faults.length
          ? Array.from({ length: wanted }, () => faults[Math.floor(random.uniform() * faults.length)]!)
          : faults),
      );
    }
    const counts = { trials: 0, losses: 0, hangs: 0, wrong: 0 };
    let [right, told] = [0, 0];
    for (let first = 0; first < trials.length; first += TRIALS_PER_PROCESS) {
      const some = trials.slice(first, first + TRIALS_PER_PROCESS);
      let done = 0;
      for await (const result of resultsOf(some)) {
        const { name, of, fault } = some[done++]!;
        counts.trials++;
        progress(counts.trials, trials.length);
        if (result === "right") right++;
        else if (result === "told") told++;
        else {
          if (result === "hang") counts.hangs++;
          else counts.wrong++;
          say(`${name}, call ${fault.call} (${of}), ${fault.way}: ${result}`);
        }
      }
      if (done === some.length) continue;
      counts.losses++;
      say(`the process ended in the middle of ${JSON.stringify(some[done])}`);
    }
    return { ...counts, figures: `${right} ended right all the same, ${told} with a typed error` };
  },
};

/** What comes of each trial, in order, from a process of their own; fewer than the trials when it dies. */
async function* resultsOf(trials: readonly FaultTrial[]): AsyncGenerator<TrialResult> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      `--config=${CONFIG}`,
      "--allow-env",
      "--allow-ffi",
      SCRIPT,
      JSON.stringify(trials),
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  for await (const line of outputLines(child.stdout)) yield JSON.parse(line);
  await child.status;
}
