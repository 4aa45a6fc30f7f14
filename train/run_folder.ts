/** The folder of a run: its settings beside its checkpoints, report and scores. */
import { join } from "node:path";
import { writeWhole } from "./checkpoint.ts";
import { RunError } from "./errors.ts";
import type { TrainingOptions } from "./options.ts";

/** What `config.json` holds. */
export interface RunConfig {
  readonly options: TrainingOptions;
  /** The dataset's folder as it was given; absent for synthetic people. */
  readonly data?: string;
}

/** The first of runs/NAME, runs/NAME-2, ... that does not exist. */
export async function freeRunFolder(name: string): Promise<string> {
  for (let i = 1;; i++) {
    const folder = join("runs", i === 1 ? name : `${name}-${i}`);
    if (!await Deno.stat(folder).catch(() => undefined)) return folder;
  }
}

/**
 * Makes a run's folder and writes its settings.
 *
 * @throws {RunError} when the folder holds something already or cannot be written.
 */
export async function createRun(folder: string, config: RunConfig): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    for await (const _ of Deno.readDir(folder)) {
      throw new RunError(
        `${folder} is not empty. Go on with the run in it with --resume ${folder}, or choose another --out folder.`,
      );
    }
    await writeFile(folder, "config.json", JSON.stringify(config, null, 2) + "\n");
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RunError(`The run's folder ${folder} cannot be written: ${(error as Error).message}`);
  }
}

/**
 * Reads a run's settings.
 *
 * @throws {RunError} when there is no run.
 */
export async function readRun(folder: string): Promise<RunConfig> {
  try {
    return JSON.parse(await Deno.readTextFile(join(folder, "config.json")));
  } catch (error) {
    throw new RunError(
      `${folder} holds no training run (${
        (error as Error).message
      }). Give the folder that the run was started with, ` +
        "such as runs/hard.",
    );
  }
}

/** Writes a text or bytes into the run's folder, whole or not at all. */
export async function writeFile(folder: string, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeWhole(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  return path;
}
