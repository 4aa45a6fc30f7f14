/** Training runs in separate processes, and the bytes that they must end with. */
import { CHECKPOINTS, newestCheckpoint } from "../../../train/checkpoint_files.ts";
import { type Ended, type Running, runTask } from "../../cli/run_task.ts";
import { TINY, writeTinyPeople } from "../../cli/tiny_people.ts";

/** Steps from one checkpoint to the next. */
export const INTERVAL = 2;
const EPOCHS = 3;
const STEPS_PER_EPOCH = 8;
const LAST = `step-${String(EPOCHS * STEPS_PER_EPOCH).padStart(7, "0")}.safetensors`;

/** Runs with the same settings on one small dataset, in a folder. */
export class TrainingRuns {
  private constructor(
    readonly folder: string,
    /** The last checkpoint of an uninterrupted run. */
    readonly expected: Uint8Array,
    /** Seconds that such a run took with the same number of other processes beside it. */
    readonly seconds: number,
  ) {}

  /** Draws the dataset and makes uninterrupted runs, as many at once as there will be processes. */
  static async open(folder: string, processes: number): Promise<TrainingRuns> {
    await writeTinyPeople(`${folder}/people`);
    await start(folder, `${folder}/warm-up`); // Fills the caches of decoded pixels and compiled kernels.
    const began = performance.now();
    const whole = Array.from({ length: processes }, (_, i) => `${folder}/whole-${i}`);
    const ended = await Promise.all(whole.map((run) => start(folder, run)));
    const failed = ended.find(({ code }) => code !== 0);
    if (failed) throw new Error(`An uninterrupted run ended with code ${failed.code}: ${failed.stderr}`);
    const seconds = (performance.now() - began) / 1000;
    const expected = await Deno.readFile(`${whole[0]}/${CHECKPOINTS}/${LAST}`);
    const runs = new TrainingRuns(folder, expected, seconds);
    for (const run of whole) {
      if (!await runs.isRight(run)) throw new Error("Two equal runs end with different bytes");
    }
    return runs;
  }

  /** Starts a run, or resumes it if it has started, and waits for the process to end. */
  async go(run: string, running?: Running): Promise<Ended> {
    return await start(this.folder, run, running);
  }

  /** Whether a run has ended with the bytes of an uninterrupted one; undefined if it has not ended. */
  async isRight(run: string): Promise<boolean | undefined> {
    const bytes = await Deno.readFile(`${run}/${CHECKPOINTS}/${LAST}`).catch(() => undefined);
    return bytes && bytes.length === this.expected.length &&
      bytes.every((byte, i) => byte === this.expected[i]);
  }
}

async function start(folder: string, run: string, running?: Running): Promise<Ended> {
  const begun = await Deno.stat(`${run}/config.json`).then(() => true, () => false);
  const settings = begun ? [`--resume=${run}`] : [
    `--out=${run}`,
    `--data=${folder}/people`,
    ...TINY,
    `--epochs=${EPOCHS}`,
    `--batches-per-epoch=${STEPS_PER_EPOCH}`,
  ];
  return await runTask(
    "train",
    [...settings, `--cache=${folder}/cache`, `--checkpoint-every=${INTERVAL}`],
    running,
  );
}

/** The step of the newest checkpoint in a run's folder, from file names; 0 if there is none. */
export function newestStep(run: string): number {
  return stepsOf(run).at(-1) ?? 0;
}

/** The steps of all checkpoints in a run's folder, from file names, in order. */
function stepsOf(run: string): number[] {
  try {
    const names = [...Deno.readDirSync(`${run}/${CHECKPOINTS}`)].map(({ name }) => name);
    return names.flatMap((name) => Number(/^step-(\d+)\.safetensors$/.exec(name)?.[1] ?? [])).filter((step) =>
      step > 0
    )
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** Whether a checkpoint is being written. */
export function isSaving(run: string): boolean {
  try {
    return [...Deno.readDirSync(`${run}/${CHECKPOINTS}`)].some(({ name }) => name.endsWith(".part"));
  } catch {
    return false;
  }
}

/**
 * Describes what is wrong with the files of a stopped process, or returns undefined: a damaged or missing checkpoint, or
 * an interval without one.
 */
export async function faultOf(run: string, stepBefore: number): Promise<string | undefined> {
  let passedOver = 0;
  const steps = stepsOf(run);
  if (steps.some((step, i) => i > 0 && step > steps[i - 1]! + INTERVAL)) {
    return `checkpoints should be ${INTERVAL} steps apart, and are of steps ${steps}`;
  }
  try {
    const newest = await newestCheckpoint(run, () => passedOver++);
    if (passedOver > 0) return "a checkpoint is damaged";
    const step = newest?.checkpoint.step ?? 0;
    return step < stepBefore
      ? `the newest checkpoint is of step ${step}; that of step ${stepBefore} is gone`
      : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Waits for all work, even if some fails, so that an exception does not remove files that others still use. */
export async function allEnded(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === "rejected");
  if (failed) throw (failed as PromiseRejectedResult).reason;
}
