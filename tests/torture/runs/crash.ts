/**
 * Kills training processes at random moments, and trains on disks that fill up or become read-only. Each run is resumed
 * until it ends.
 */
import { type SeededRandom, seededRandom } from "../../reference/seeded_random.ts";
import type { Outcome, Torture, TortureContext } from "../torture.ts";
import { SmallDisk } from "./small_disk.ts";
import { allEnded, faultOf, isSaving, newestStep, TrainingRuns } from "./training.ts";

/** Processes at a time that are killed; one more process has a disk that fills up. */
const LANES = 2;
/** Attempts for each disk that turns read-only. */
const MOST_ATTEMPTS = 4;
/** A process that takes longer is a hang. */
const MOST_SECONDS = 120;

type Timer = ReturnType<typeof setTimeout>;
type Counts = { -readonly [K in "trials" | "losses" | "hangs" | "wrong"]: number };

export const torture: Torture = {
  promise:
    "After a kill at any moment, or a full or read-only disk, a run resumes from a checkpoint at most one interval old and ends with the bytes of an uninterrupted run",
  limitSeconds: { short: 600, full: 3 * 3600 },
  async run(context: TortureContext): Promise<Outcome> {
    const { short, seed } = context;
    const folder = await Deno.makeTempDir({ prefix: "crash-" });
    const counts: Counts = { trials: 0, losses: 0, hangs: 0, wrong: 0 };
    try {
      const runs = await TrainingRuns.open(folder, LANES);
      const [kills, disks] = short ? [4, 2] : [200, 30];
      let [killed, saving] = [0, 0];
      let tried = 0;
      const progress = () => context.progress(killed + tried, kills + disks);
      const killing = async (lane: number) => {
        const random = seededRandom(seed + 1000 * lane);
        for (let i = 0; killed < kills; i++) {
          const run = `${folder}/run-${lane}-${i}`;
          const onKill = (whileSaving: boolean) => {
            killed++;
            if (whileSaving) saving++;
            progress();
          };
          await killedRun(runs, run, random, () => killed < kills, onKill, counts, context);
          await Deno.remove(run, { recursive: true });
        }
      };
      const filling = async () => {
        const disk = await SmallDisk.mount(`${folder}/disk`);
        if (!disk) return "no small disks: this user may not mount any";
        try {
          for (let i = 0; tried < disks && i < MOST_ATTEMPTS * disks; i++) {
            const attempt = tried % 2 === 0 ? fullDisk : readOnlyDisk;
            if (await attempt(runs, disk, seededRandom(seed + i), counts, context)) tried++;
            progress();
          }
        } finally {
          await disk.unmount();
        }
        return `${tried} disks that filled up or turned read-only`;
      };
      const filled = filling();
      await allEnded([filled, ...Array.from({ length: LANES }, (_, i) => killing(i))]);
      return { ...counts, figures: `${killed} kills, ${saving} of them while saving; ${await filled}` };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

/** Kills the process of one run again and again, until the run ends or no more kills are wanted. */
async function killedRun(
  runs: TrainingRuns,
  run: string,
  random: SeededRandom,
  kill: () => boolean,
  onKill: (whileSaving: boolean) => void,
  counts: Counts,
  { say }: TortureContext,
): Promise<void> {
  while (true) {
    const before = newestStep(run);
    const stop = kill() ? killer(run, random, runs.seconds) : undefined;
    const { code, stderr } = await bounded(runs, run, stop?.onOutput, counts);
    const [wasKilled, whileSaving] = stop?.end() ?? [false, false];
    if (!wasKilled) {
      if (code !== 0) {
        counts.losses++;
        say(`a resumed run ended with code ${code}: ${stderr}`);
      } else if (await runs.isRight(run) !== true) {
        counts.wrong++;
        say(`${run} ended with other bytes`);
      }
      return;
    }
    counts.trials++;
    onKill(whileSaving);
    const fault = await faultOf(run, Math.max(before, stop!.seen()));
    if (fault !== undefined) {
      counts.losses++;
      say(`after a kill: ${fault}`);
    }
  }
}

/** Kills a process at a random moment, or while it saves a random checkpoint. */
function killer(run: string, random: SeededRandom, seconds: number) {
  const atSave = random.uniform() < 0.5;
  let child: Deno.ChildProcess | undefined;
  let [seen, killed, whileSaving] = [0, false, false];
  const kill = () => {
    seen = newestStep(run);
    whileSaving = isSaving(run);
    try {
      child?.kill("SIGKILL");
      killed = child !== undefined;
    } catch {
      // It has already ended.
    }
    clearInterval(poll);
    clearTimeout(timer);
  };
  // The process is killed after its first output, rarely before it.
  let [saves, was] = [1 + random.integer(4), false];
  let poll: Timer | undefined;
  let timer: Timer | undefined;
  return {
    onOutput(_: string, process: Deno.ChildProcess) {
      if (child !== undefined) return;
      child = process;
      if (!atSave) timer = setTimeout(kill, 1000 * seconds * random.uniform());
      else {
        poll = setInterval(() => {
          const is = isSaving(run);
          if (is && !was && --saves === 0) kill();
          was = is;
        }, 1);
      }
    },
    /** The newest step that was on the disk when the process was killed. */
    seen: () => seen,
    /** Whether it was killed, and whether it was saving then. */
    end(): [boolean, boolean] {
      clearInterval(poll);
      clearTimeout(timer);
      return [killed, whileSaving];
    },
  };
}

/** Continues a run within the time limit; a process that is killed then counts as a hang. */
async function bounded(
  runs: TrainingRuns,
  run: string,
  onOutput: ((text: string, child: Deno.ChildProcess) => void) | undefined,
  counts: Counts,
) {
  let timer: Timer | undefined;
  const ended = await runs.go(run, {
    onOutput(text, child) {
      timer ??= setTimeout(() => {
        counts.hangs++;
        child.kill("SIGKILL");
      }, 1000 * MOST_SECONDS);
      onOutput?.(text, child);
    },
  });
  clearTimeout(timer);
  return ended;
}

/** Trains on a disk that is too small for all checkpoints, then on one that is large enough. */
async function fullDisk(
  runs: TrainingRuns,
  disk: SmallDisk,
  random: SeededRandom,
  counts: Counts,
  { say }: TortureContext,
): Promise<boolean> {
  const run = `${disk.folder}/run`;
  // From no space for one checkpoint to space for all kept checkpoints except one.
  await disk.resize(Math.round(runs.expected.length * (0.2 + 4 * random.uniform())));
  counts.trials++;
  const full = await bounded(runs, run, undefined, counts);
  const step = newestStep(run);
  if (full.code !== 1 || !/^error: .*(Free space|Choose another)/m.test(full.stderr)) {
    counts.wrong++;
    say(`on a full disk: code ${full.code}, ${full.stderr}`);
  }
  await disk.resize(64 * runs.expected.length);
  await goesOn(runs, run, step, counts, say);
  return true;
}

/** Makes the disk with a run's checkpoints read-only; returns false if it was in use and stayed writable. */
async function readOnlyDisk(
  runs: TrainingRuns,
  disk: SmallDisk,
  random: SeededRandom,
  counts: Counts,
  { say }: TortureContext,
): Promise<boolean> {
  const run = `${runs.folder}/read-only`;
  await disk.resize(64 * runs.expected.length);
  // A disk with a file open for writing cannot become read-only, so the run's lock is on another disk.
  await runs.go(run, { onOutput: (text, child) => text.includes("Run in") && child.kill("SIGKILL") });
  await Deno.remove(`${run}/checkpoints`, { recursive: true }).catch(() => {});
  await Deno.symlink(disk.folder, `${run}/checkpoints`);
  let timer: Timer | undefined;
  let turned: Promise<boolean> | undefined;
  const ended = await bounded(runs, run, (text) => {
    if (!text.includes("Run in")) return;
    timer ??= setTimeout(() => turned = disk.turnReadOnly(), 200 * random.uniform() * runs.seconds);
  }, counts);
  clearTimeout(timer);
  const didTurn = await turned === true;
  if (didTurn) {
    counts.trials++;
    // The run may have ended earlier.
    const right = ended.code === 0 || (ended.code === 1 && /^error: .*Free space/m.test(ended.stderr));
    if (!right) {
      counts.wrong++;
      say(`on a read-only disk: code ${ended.code}, ${ended.stderr}`);
    }
  }
  const step = newestStep(run);
  await disk.turnWritable();
  await goesOn(runs, run, step, counts, say);
  for await (const { name } of Deno.readDir(disk.folder)) await Deno.remove(`${disk.folder}/${name}`);
  return didTurn;
}

async function goesOn(
  runs: TrainingRuns,
  run: string,
  step: number,
  counts: Counts,
  say: (text: string) => void,
): Promise<void> {
  const fault = step > 0 ? await faultOf(run, step) : undefined;
  const { code, stderr } = fault === undefined
    ? await bounded(runs, run, undefined, counts)
    : { code: 1, stderr: fault };
  if (code !== 0) {
    counts.losses++;
    say(`after a disk was full: ${stderr}`);
  } else if (await runs.isRight(run) !== true) {
    counts.wrong++;
    say(`${run} ended with other bytes`);
  }
  await Deno.remove(run, { recursive: true }).catch(() => {});
}
