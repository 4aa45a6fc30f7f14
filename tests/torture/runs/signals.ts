/** Training processes asked to stop at random moments of their lives, once or twice, by Ctrl-C or by SIGTERM. */
import type { Ended } from "../../cli/run_task.ts";
import { seededRandom } from "../../reference/seeded_random.ts";
import type { Outcome, Torture } from "../torture.ts";
import { allEnded, faultOf, INTERVAL, newestStep, TrainingRuns } from "./training.ts";

/** Processes at a time. */
const LANES = 2;
/** From the signal to the end of the process: a step and a checkpoint, on a machine that does other things too. */
const MOST_SECONDS = 30;
/** What a second signal may take: nothing is waited for. */
const MOST_SECONDS_TWICE = 10;
/** Less, and a second signal would be taken for an echo of the first. */
const BETWEEN_SIGNALS_MS = 400;

/** How a process is asked. */
const WAYS = [["SIGINT"], ["SIGTERM"], ["SIGINT", "SIGINT"], ["SIGTERM", "SIGINT"]] as const;

/** When a process is asked to stop. */
interface Moment {
  /** Checkpoints that it has saved by then: it is training. 0: it may be doing anything, from its first output on. */
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
              begun--; // It had ended.
              break;
            }
            turn += LANES;
            await judge(trial, run, way, moment);
          }
          const { code, stderr } = await runs.go(run);
          if (code !== 0 || await runs.isRight(run) !== true) {
            counts[code === 0 ? "wrong" : "losses"]++;
            say(code === 0 ? `${run} ended with other bytes` : `a run that was taken up again: ${stderr}`);
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

/** Lets a run go on and asks its process to stop at a moment. */
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
      return; // It has ended by itself.
    }
    signals++;
    at = performance.now();
  };
  const sendAll = (child: Deno.ChildProcess) => {
    for (const i of way.keys()) {
      timers.push(setTimeout(send, 1000 * moment.seconds + BETWEEN_SIGNALS_MS * i, child, i));
    }
    // Far beyond every bound: then it is counted, not waited for.
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
  for (const timer of timers) clearTimeout(timer); // Of intervals too.
  return { ended, asked: signals > 0, seconds: (performance.now() - at) / 1000, stepBefore };
}

/** What is not as promised in how a process ended. */
function wrongIn({ ended }: Asked, way: readonly string[], step: number): string | undefined {
  const { code, stdout, stderr } = ended;
  // Before and after the training there is nothing to finish, and the system ends the process: 128 + the signal.
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
