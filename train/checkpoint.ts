/**
 * Checkpoints: one safetensors file each, readable by any library of that format. Weights and running statistics
 * keep their names, an optimiser's moments are `moment/name`, `history` [steps, 6] holds the curves; the rest is
 * JSON in the file's metadata. Files hold no times and no paths: equal runs write equal bytes.
 */
import { basename, join } from "node:path";
import type { ParameterSet } from "../engine/mod.ts";
import type { ModelSpec } from "../model/reid_model.ts";
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from "../model/safetensors.ts";
import { RunError } from "./errors.ts";
import type { TrainingOptions } from "./options.ts";

/** What a checkpoint holds. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  readonly model: ModelSpec;
  readonly options: TrainingOptions;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

const FORMAT = "webgpu-reid checkpoint 1";
const KEEP = 3;

/** Copies everything that a run needs to go on from the GPU. */
export async function takeCheckpoint(
  parameters: ParameterSet,
  moments: readonly string[],
  history: Float32Array,
  rest: Pick<Checkpoint, "step" | "model" | "options">,
): Promise<Checkpoint> {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [buffer, values] of await parameters.read(...moments)) {
    for (const [parameter, data] of values) {
      const name = buffer === "weights" ? parameter.name : `${buffer}/${parameter.name}`;
      tensors.set(name, { dtype: "F32", shape: [...parameter.shape], data });
    }
  }
  tensors.set("history", {
    dtype: "F32",
    shape: [rest.step, history.length / Math.max(1, rest.step)],
    data: history,
  });
  return { ...rest, tensors };
}

/** Names of tensors with a value that is not finite. */
export function brokenTensors({ tensors }: Checkpoint): string[] {
  return [...tensors].filter(([name, { data }]) =>
    name !== "history" && !(data as Float32Array).every((value) => Number.isFinite(value))
  ).map(([name]) => name);
}

/**
 * Puts a checkpoint's values into a model's parameters and an optimiser's moments.
 *
 * @throws {RunError} when it is of another network.
 */
export function restoreCheckpoint(
  checkpoint: Checkpoint,
  parameters: ParameterSet,
  moments: readonly string[],
  path: string,
): void {
  for (const parameter of parameters.parameters) {
    const buffers = ["weights", ...(parameter.trainable ? moments : [])];
    for (const buffer of buffers) {
      const name = buffer === "weights" ? parameter.name : `${buffer}/${parameter.name}`;
      const tensor = checkpoint.tensors.get(name);
      if (!tensor || tensor.shape.join() !== parameter.shape.join()) {
        throw new RunError(
          `${path} is a checkpoint of another network: ${name} should have shape [${parameter.shape}] and ` +
            `${
              tensor ? `has [${tensor.shape}]` : "is not there"
            }. Use the settings that it was trained with, or ` +
            "another checkpoint.",
        );
      }
      const data = tensor.data as Float32Array;
      if (buffer === "weights") parameters.write(parameter, data);
      else parameters.writeTrainable(buffer, parameter, data);
    }
  }
}

/**
 * Writes a checkpoint into a run's folder: whole or not at all. Of older ones the last few are kept.
 *
 * @returns its path.
 * @throws {RunError} when it cannot be written; earlier checkpoints are untouched.
 */
export async function saveCheckpoint(run: string, checkpoint: Checkpoint): Promise<string> {
  const { tensors, step, model, options } = checkpoint;
  const bytes = encodeSafetensors(tensors, {
    format: FORMAT,
    step: String(step),
    model: JSON.stringify(model),
    options: JSON.stringify(options),
  });
  const folder = join(run, "checkpoints");
  const path = join(folder, `step-${String(step).padStart(7, "0")}.safetensors`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    await writeWhole(path, bytes);
  } catch (error) {
    throw new RunError(
      `The checkpoint of step ${step} could not be written to ${path} (${
        (error as Error).message
      }). Earlier ` +
        "checkpoints are intact. Free space on the disk, then go on with --resume.",
    );
  }
  const all = await checkpointFiles(run);
  for (const old of all.slice(0, -KEEP)) await Deno.remove(join(folder, old)).catch(() => {});
  return path;
}

/** Writes a file beside its place, makes sure that it is on the disk, then moves it there. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.part`;
  try {
    using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
    let written = 0;
    while (written < bytes.length) written += await file.write(bytes.subarray(written));
    await file.sync();
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await Deno.rename(temporary, path);
  try {
    using folder = await Deno.open(join(path, ".."));
    await folder.sync();
  } catch {
    // Some systems cannot sync a folder; the file itself is safe.
  }
}

/**
 * Reads a checkpoint: a file, or the newest one of a run's folder.
 *
 * @throws {RunError} when there is none, or it is damaged or no checkpoint.
 */
export async function loadCheckpoint(place: string): Promise<{ checkpoint: Checkpoint; path: string }> {
  const path = await resolveCheckpoint(place);
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
      }. Use an earlier checkpoint of the same folder, or train again.`,
    );
  }
  const { format, step, model, options } = file.metadata;
  if (format !== FORMAT || !step || !model || !options) {
    throw new RunError(`${path} is a safetensors file, but no checkpoint of this program`);
  }
  return {
    path,
    checkpoint: {
      step: Number(step),
      model: JSON.parse(model),
      options: JSON.parse(options),
      tensors: file.tensors,
    },
  };
}

async function resolveCheckpoint(place: string): Promise<string> {
  const info = await Deno.stat(place).catch(() => undefined);
  if (info?.isFile) return place;
  const newest = info ? (await checkpointFiles(place)).at(-1) : undefined;
  if (!newest) {
    throw new RunError(
      `There is no checkpoint in ${place}. Give the folder of a training run (such as runs/hard) or a .safetensors file.`,
    );
  }
  return join(place, "checkpoints", basename(newest));
}

/** Names of a run's checkpoints, oldest first. */
async function checkpointFiles(run: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(join(run, "checkpoints")));
    return entries.map((entry) => entry.name).filter((name) => /^step-\d+\.safetensors$/.test(name)).sort();
  } catch {
    return [];
  }
}
