/** Asks training processes to stop at random moments, once or twice, with Ctrl-C or SIGTERM. */
import type { Ended } from "../../cli/run_task.ts";
import { seededRandom } from "../../reference/seeded_random.ts";
import type { Outcome, Torture } from "../torture.ts";
import { allEnded, faultOf, INTERVAL, newestStep, TrainingRuns } from "./training.ts";

/** Processes at a time. */
const LANES = 2;
/** Longest time from the signal to the end of the process: a step and a checkpoint, on a busy machine. */
const MOST_SECONDS = 30;
/** The same after a second signal, which waits for nothing. */
const MOST_SECONDS_TWICE = 10;
/** A second signal that comes sooner counts as an echo of the first. */
const BETWEEN_SIGNALS_MS = 400;

/** The signals that a process receives. */
const WAYS = [["SIGINT"], ["SIGTERM"], ["SIGINT", "SIGINT"], ["SIGTERM", "SIGINT"]] as const;

/** When a process is asked to stop. */
interface Moment {
  /** Checkpoints that it has saved by then. With 0, it may be anywhere after its first output. */
  readonly saves: number;
  /** Seconds after that. */
  readonly seconds: number;
}

/** A process that was asked to stop. */
interface Asked {
  readonly ended: Ended;
  /** Whether it was still running when it was asked. */
  readonly asked: boolean;
  /** Seconds from the last signal to its end. */
  readonly seconds: number;
  /** The newest step on the disk when it was asked. */
  readonly stepBefore: number;
}

export const torture: Torture = {
  promise:
    "The first Ctrl-C or SIGTERM ends a run after its step is finished and saved; the second ends it at once, with the last checkpoint intact; resumed, the run ends with the same bytes",
  limitSeconds: { short: 600, full: 3 * 3600 },
  async run({ short, seed, say, progress }): Promise<Outcome> {
    const trials = short ? 4 : 100;
    const folder = await Deno.makeTempDir({ prefix: "signals-" });
    const counts = { trials: 0, losses: 0, hangs: 0, wrong: 0 };
    let [begun, saved, slowest] = [0, 0, 0];
    try {
      const runs = await TrainingRuns.open(folder, LANES);
      const judge = async (trial: Asked, run: string, way: readonly Deno.Signal[], moment: Moment) => {
        counts.trials++;
        progress(counts.trials, trials);
        const bound = way.length > 1 ? MOST_SECONDS_TWICE : MOST_SECONDS;
        if (trial.seconds > bound) {
          counts.hangs++;
          say(
            `${way.join(" ")} ${
              moment.seconds.toFixed(2)
            } s after ${moment.saves} checkpoints: the process ` +
              `took ${trial.seconds.toFixed(1)} s more`,
          );
        }
        slowest = Math.max(slowest, trial.seconds);
        const fault = await faultOf(run, trial.stepBefore);
        if (fault !== undefined && newestStep(run) > 0) {
          counts.losses++;
          say(`after ${way.join(" ")}: ${fault}`);
        }
        const wrong = wrongIn(trial, way, newestStep(run));
        if (wrong !== undefined) {
          counts.wrong++;
          say(`after ${way.join(" ")}: ${wrong}`);
        } else if (/Stopped after step/.test(trial.ended.stdout)) saved++;
      };
      const asking = async (lane: number) => {
        const random = seededRandom(seed + 1000 * lane);
        let turn = lane;
        for (let i = 0; begun < trials; i++) {
          const run = `${folder}/run-${lane}-${i}`;
          while (await runs.isRight(run) === undefined && begun < trials) {
            begun++;
            const way = WAYS[turn % WAYS.length]!;
            const moment: Moment = random.uniform() < 0.7
              ? { saves: 1 + random.integer(5), seconds: 0.05 * random.uniform() }
              : { saves: 0, seconds: runs.seconds * random.uniform() };
            const trial = await ask(runs, run, way, moment);
            if (!trial.asked) {
              begun--; // It had already ended.
              break;
            }
            turn += LANES;
            await judge(trial, run, way, moment);
          }
          const { code, stderr } = await runs.go(run);
          if (code !== 0 || await runs.isRight(run) !== true) {
            counts[code === 0 ? "wrong" : "losses"]++;
            say(code === 0 ? `${run} ended with other bytes` : `a resumed run failed: ${stderr}`);
          }
          await Deno.remove(run, { recursive: true });
        }
      };
      await allEnded(Array.from({ length: LANES }, (_, i) => asking(i)));
      return {
        ...counts,
        figures: `${saved} finished their step and saved it; at most ${slowest.toFixed(1)} s to the end`,
      };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

/** Continues a run and sends the signals at the given moment. */
async function ask(
  runs: TrainingRuns,
  run: string,
  way: readonly Deno.Signal[],
  moment: Moment,
): Promise<Asked> {
  const timers: ReturnType<typeof setTimeout>[] = [];
  let [signals, at, stepBefore] = [0, 0, 0];
  const send = (child: Deno.ChildProcess, i: number) => {
    if (i === 0) stepBefore = newestStep(run);
    try {
      child.kill(way[i]);
    } catch {
      return; // It has already ended.
    }
    signals++;
    at = performance.now();
  };
  const sendAll = (child: Deno.ChildProcess) => {
    for (const i of way.keys()) {
      timers.push(setTimeout(send, 1000 * moment.seconds + BETWEEN_SIGNALS_MS * i, child, i));
    }
    // Far beyond every limit: the process counts as a hang.
    timers.push(setTimeout(() => child.kill("SIGKILL"), 1000 * (moment.seconds + 2 * MOST_SECONDS)));
  };
  let begun = false;
  const ended = await runs.go(run, {
    onOutput(_, child) {
      if (begun) return;
      begun = true;
      if (moment.saves === 0) return sendAll(child);
      const step = newestStep(run) + moment.saves * INTERVAL;
      const poll = setInterval(() => {
        if (newestStep(run) < step) return;
        clearInterval(poll);
        sendAll(child);
      }, 2);
      timers.push(poll);
    },
  });
  for (const timer of timers) clearTimeout(timer); // Clears intervals, too.
  return { ended, asked: signals > 0, seconds: (performance.now() - at) / 1000, stepBefore };
}

/** Describes how the end of a process breaks the promise, or returns undefined. */
function wrongIn({ ended }: Asked, way: readonly string[], step: number): string | undefined {
  const { code, stdout, stderr } = ended;
  // Before and after training no step is open, and the system ends the process with 128 + the signal.
  if (![0, 130, 143].includes(code)) return `code ${code}: ${stderr}`;
  if (/at .*\.ts:\d+|should not have happened/.test(stderr)) return stderr;
  const stopped = /Stopped after step (\d+)/.exec(stdout)?.[1];
  if (stopped !== undefined && Number(stopped) !== step) return `stopped after ${stopped}, saved ${step}`;
  const listened = stderr.includes("Stopping after this step");
  if (listened && way.length === 1 && code === 130 && stopped === undefined) {
    return `nothing was saved: ${stderr}`;
  }
  return undefined;
}
