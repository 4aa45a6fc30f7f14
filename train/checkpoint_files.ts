/**
 * Checkpoints on disk: one safetensors file each, readable by any library of that format, with the settings as JSON
 * in the file's metadata.
 */
import { messageOf } from "../data/errors.ts";
import { basename, dirname, join } from "node:path";
import { parseChoices } from "../kernels/mod.ts";
import { parseModelSpec } from "../model/model_spec.ts";
import { decodeSafetensors, SafetensorsError, type SafetensorsTensor } from "../model/safetensors.ts";
import { CHECKPOINT_FORMAT, MODEL_FORMAT, otherVersion, thresholdsIn } from "../model/trained_model.ts";
import { type Checkpoint, HISTORY_TENSOR } from "./checkpoint.ts";
import { DEMO, DEMO_PATH, demoNote } from "./demo/demo.ts";
import { encodeWithChecksum, isIntact } from "./checksum.ts";
import { RunError } from "./errors.ts";
import { parseTrainingOptions } from "./options.ts";
import { parseTrainedPeople } from "./trained_people.ts";
import { linkWhole, readWhole, syncFolder, writeWhole } from "./write_whole.ts";

/** Where a run's folder keeps its checkpoints. */
export const CHECKPOINTS = "checkpoints";

/** The checkpoint of the epoch that went best, beside the latest ones. */
export const BEST = "best.safetensors";

/** A checkpoint and the file that it came from. */
export interface LoadedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly path: string;
}

/**
 * Writes a checkpoint into a run's folder: whole or not at all. Of older ones the last few are kept.
 *
 * @param keep how many stay, with this one.
 * @returns its path.
 * @throws {RunError} when it cannot be written; earlier checkpoints are untouched.
 */
export async function saveCheckpoint(run: string, checkpoint: Checkpoint, keep = 3): Promise<string> {
  const { tensors, step, model, options, variants, people, thresholds } = checkpoint;
  const bytes = await encodeWithChecksum(tensors, {
    format: CHECKPOINT_FORMAT,
    step: String(step),
    model: JSON.stringify(model),
    options: JSON.stringify(options),
    variants: JSON.stringify(Object.fromEntries(variants)),
    ...(people && { people: JSON.stringify(people) }),
    ...(thresholds && { thresholds: JSON.stringify(thresholds) }),
  });
  const folder = join(run, CHECKPOINTS);
  const path = join(folder, `step-${String(step).padStart(7, "0")}.safetensors`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    await writeWhole(path, bytes);
    await syncFolder(folder); // It may be new, and its own name not on the disk yet.
  } catch (error) {
    const reason = messageOf(error);
    const message = `The checkpoint of step ${step} could not be written to ${path} (${reason}).`;
    if ((await checkpointNames(run)).length === 0) {
      throw new RunError(`${message} There was none before it. Free space on the disk, then start again.`);
    }
    throw new RunError(
      `${message} Earlier checkpoints are intact. Free space on the disk, then resume the run.`,
      {
        remedies: [{ kind: "resume", run }],
      },
    );
  }
  for (const old of (await checkpointNames(run)).slice(0, -keep)) {
    await Deno.remove(join(folder, old)).catch(() => {});
  }
  return path;
}

/**
 * Keeps a checkpoint of a run as its best one, in place of the one before.
 *
 * @throws {RunError} when it cannot be written; the one before is untouched.
 */
export async function keepAsBest(run: string, path: string): Promise<void> {
  const best = join(run, CHECKPOINTS, BEST);
  try {
    await linkWhole(path, best);
  } catch (error) {
    throw new RunError(
      `${path} could not be kept as ${best} (${messageOf(error)}). Checkpoints are intact. ` +
        "Free space on the disk, then resume the run.",
      { remedies: [{ kind: "resume", run }] },
    );
  }
}

/**
 * The newest checkpoint of a run's folder that can be read, or undefined where there is none yet.
 *
 * @param say receives a line for each damaged checkpoint that is skipped.
 * @throws {RunError} when all are damaged: what is wrong with the newest.
 */
export async function newestCheckpoint(
  run: string,
  say: (line: string) => void = console.error,
): Promise<LoadedCheckpoint | undefined> {
  const names = (await checkpointNames(run)).reverse();
  const refused: RunError[] = [];
  for (const name of names) {
    try {
      const loaded = await readCheckpoint(join(run, CHECKPOINTS, name));
      for (const { message } of refused) say(`warning: ${message}`);
      if (refused.length > 0) say(`warning: going on from the one before, of step ${loaded.checkpoint.step}`);
      return loaded;
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      refused.push(error);
    }
  }
  if (refused.length > 0) throw refused[0];
  return undefined;
}

/**
 * Reads a checkpoint: a file, or the newest one of a run's folder.
 *
 * @throws {RunError} when there is none, or it is damaged or no checkpoint.
 */
export async function loadCheckpoint(place: string): Promise<LoadedCheckpoint> {
  return await readCheckpoint(await checkpointPath(place));
}

/**
 * A file as it is, the newest checkpoint of a run's folder, or the network that comes with the program under its name.
 *
 * @param say receives a line that tells what that network is.
 * @throws {RunError} when there is none.
 */
export async function checkpointPath(
  place: string,
  say: (line: string) => void = console.error,
): Promise<string> {
  if (place === DEMO) {
    say(await demoNote());
    return DEMO_PATH;
  }
  const info = await Deno.stat(place).catch(() => undefined);
  if (info?.isFile) return place;
  const newest = (await checkpointNames(place)).at(-1);
  if (newest !== undefined) return join(place, CHECKPOINTS, newest);
  throw new RunError(
    `There is no checkpoint in ${place}${
      info === undefined ? ", as there is nothing there" : ""
    }. Give a .safetensors file, the folder of a training run, or "${DEMO}", the network that comes with the program.`,
    { remedies: [{ kind: "run-folder" }] },
  );
}

/** The run's folder that a checkpoint's file lies in, or undefined where it lies elsewhere. */
export function runOfCheckpoint(path: string): string | undefined {
  return basename(dirname(path)) === CHECKPOINTS ? dirname(dirname(path)) : undefined;
}

async function readCheckpoint(path: string): Promise<LoadedCheckpoint> {
  const bytes = await readWhole(path);
  let file: ReturnType<typeof decodeSafetensors>;
  try {
    file = decodeSafetensors(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError && error.other !== undefined) {
      throw new RunError(
        `${path} is ${error.other.what}, not a checkpoint of this program. Give one of a training run, or its folder.`,
        { remedies: [{ kind: "run-folder" }] },
      );
    }
    throw new RunError(
      `${path} is damaged: ${messageOf(error)}. Give an earlier checkpoint of the same folder, or train ` +
        "again.",
    );
  }
  const fault = otherVersion(file.metadata.format, CHECKPOINT_FORMAT);
  if (fault !== undefined) {
    throw new RunError(
      `${path} cannot be used: ${fault}. Use the version that wrote it, or another checkpoint.`,
    );
  }
  if (file.metadata.format === MODEL_FORMAT) {
    throw new RunError(
      `${path} is a model file, no checkpoint of this program: it lacks the settings of the training. Give the run ` +
        "that it was exported from.",
      { remedies: [{ kind: "run-folder" }] },
    );
  }
  if (file.metadata.format !== CHECKPOINT_FORMAT) {
    throw new RunError(
      `${path} is a safetensors file, but no checkpoint of this program. Give one of a training run; weights of other ` +
        "programs are what a run begins with.",
      { remedies: [{ kind: "change", settings: ["weights"] }] },
    );
  }
  if (await isIntact(bytes) !== true) {
    throw new RunError(
      `${path} is damaged: its content is not that of its checksum. Give an earlier checkpoint of the same ` +
        "folder, or train again.",
    );
  }
  try {
    return { path, checkpoint: parseCheckpoint(file.metadata, file.tensors) };
  } catch (error) {
    throw new RunError(
      `${path} is damaged or of another version of this program: ${
        messageOf(error)
      }. Use another checkpoint.`,
    );
  }
}

function parseCheckpoint(
  metadata: Record<string, string>,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
): Checkpoint {
  const step = Number(metadata.step);
  const history = tensors.get(HISTORY_TENSOR);
  if (!Number.isSafeInteger(step) || step < 0) throw new Error(`its step is ${metadata.step}`);
  if (history?.dtype !== "F32" || history.shape.length !== 2 || history.shape[0] !== step) {
    throw new Error(`its history is not of ${step} steps`);
  }
  const parsed = (name: string) => JSON.parse(metadata[name] ?? "null");
  const model = parseModelSpec(parsed("model"));
  const variants = parseChoices(parsed("variants"));
  const people = metadata.people === undefined ? undefined : parseTrainedPeople(parsed("people"));
  const thresholds = thresholdsIn(metadata);
  return {
    step,
    model,
    options: parseTrainingOptions(parsed("options")),
    variants,
    people,
    thresholds,
    tensors,
  };
}

/** Names of a run's checkpoints, oldest first. */
async function checkpointNames(run: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(join(run, CHECKPOINTS)));
    const names = entries.map((entry) => entry.name).filter((name) => /^step-\d+\.safetensors$/.test(name));
    return names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)); // Steps beyond 9,999,999 are longer.
  } catch {
    return [];
  }
}
