/**
 * Checkpoints on disk: one safetensors file each, readable by any library of that format, with the settings as JSON
 * in the file's metadata.
 */
import { basename, dirname, join } from "node:path";
import { parseChoices } from "../kernels/mod.ts";
import { parseModelSpec } from "../model/model_spec.ts";
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from "../model/safetensors.ts";
import { CHECKPOINT_FORMAT } from "../model/trained_model.ts";
import { type Checkpoint, HISTORY_TENSOR } from "./checkpoint.ts";
import { RunError } from "./errors.ts";
import { parseTrainingOptions } from "./options.ts";
import { writeWhole } from "./write_whole.ts";

/** Where a run's folder keeps its checkpoints. */
export const CHECKPOINTS = "checkpoints";

/** How many of a run's checkpoints stay. */
const KEEP = 3;

/** A checkpoint and the file that it came from. */
export interface LoadedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly path: string;
}

/**
 * Writes a checkpoint into a run's folder: whole or not at all. Of older ones the last few are kept.
 *
 * @returns its path.
 * @throws {RunError} when it cannot be written; earlier checkpoints are untouched.
 */
export async function saveCheckpoint(run: string, checkpoint: Checkpoint): Promise<string> {
  const { tensors, step, model, options, variants } = checkpoint;
  const bytes = encodeSafetensors(tensors, {
    format: CHECKPOINT_FORMAT,
    step: String(step),
    model: JSON.stringify(model),
    options: JSON.stringify(options),
    variants: JSON.stringify(Object.fromEntries(variants)),
  });
  const folder = join(run, CHECKPOINTS);
  const path = join(folder, `step-${String(step).padStart(7, "0")}.safetensors`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    await writeWhole(path, bytes);
  } catch (error) {
    const remedy = (await checkpointNames(run)).length > 0
      ? `Earlier checkpoints are intact. Free space on the disk, then go on with --resume ${run}.`
      : "There was none before it. Free space on the disk, then start again.";
    const reason = (error as Error).message;
    throw new RunError(
      `The checkpoint of step ${step} could not be written to ${path} (${reason}). ${remedy}`,
    );
  }
  const all = await checkpointNames(run);
  for (const old of all.slice(0, -KEEP)) await Deno.remove(join(folder, old)).catch(() => {});
  return path;
}

/**
 * The newest checkpoint of a run's folder, or undefined where there is none yet.
 *
 * @throws {RunError} when it is damaged.
 */
export async function newestCheckpoint(run: string): Promise<LoadedCheckpoint | undefined> {
  const newest = (await checkpointNames(run)).at(-1);
  return newest === undefined ? undefined : await readCheckpoint(join(run, CHECKPOINTS, newest));
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
 * A file as it is, or the newest checkpoint of a run's folder.
 *
 * @throws {RunError} when there is none.
 */
export async function checkpointPath(place: string): Promise<string> {
  const info = await Deno.stat(place).catch(() => undefined);
  if (info?.isFile) return place;
  const newest = (await checkpointNames(place)).at(-1);
  if (newest !== undefined) return join(place, CHECKPOINTS, newest);
  throw new RunError(
    `There is no checkpoint in ${place}. Give the folder of a training run (such as runs/hard) or a .safetensors file.`,
  );
}

/** The run's folder that a checkpoint's file lies in, or undefined where it lies elsewhere. */
export function runOfCheckpoint(path: string): string | undefined {
  return basename(dirname(path)) === CHECKPOINTS ? dirname(dirname(path)) : undefined;
}

async function readCheckpoint(path: string): Promise<LoadedCheckpoint> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    throw new RunError(`${path} cannot be read: ${(error as Error).message}`);
  }
  let file: ReturnType<typeof decodeSafetensors>;
  try {
    file = decodeSafetensors(bytes);
  } catch (error) {
    throw new RunError(
      `${path} is damaged: ${
        (error as Error).message
      }. Remove it and use an earlier checkpoint of the same folder, ` +
        "or train again.",
    );
  }
  if (file.metadata.format !== CHECKPOINT_FORMAT) {
    throw new RunError(
      `${path} is a safetensors file, but no checkpoint of this program. Give one of a training run.`,
    );
  }
  try {
    return { path, checkpoint: parseCheckpoint(file.metadata, file.tensors) };
  } catch (error) {
    throw new RunError(
      `${path} is damaged or of another version of this program: ${
        (error as Error).message
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
  const model = parseModelSpec(JSON.parse(metadata.model));
  const variants = parseChoices(JSON.parse(metadata.variants));
  return { step, model, options: parseTrainingOptions(JSON.parse(metadata.options)), variants, tensors };
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
