/** The folder of a run: its settings beside its checkpoints, report and scores. One process at a time works in it. */
import { messageOf } from "../data/errors.ts";
import { LAYOUT_NAMES, type LayoutName } from "../data/layouts/image_name.ts";
import { keysOf } from "../model/settings.ts";
import { join } from "node:path";
import { CHECKPOINTS } from "./checkpoint_files.ts";
import { RunError } from "./errors.ts";
import { otherVersion } from "../model/trained_model.ts";
import { parseTrainingOptions, type TrainingOptions } from "./options.ts";
import { PRETRAINED } from "./pretrained_file.ts";
import { removeUnfinished, writeWhole } from "./write_whole.ts";

/** What `config.json` holds. */
export interface RunConfig {
  readonly options: TrainingOptions;
  /** The dataset's folder as it was given, or those of several; absent for synthetic people. */
  readonly data?: string | readonly string[];
  /** What the user said about the folder: see `readDataset`. */
  readonly layout?: LayoutName;
  readonly identityFrom?: string;
  readonly cameraFrom?: string;
  /** The file of the backbone's first weights as it was given; absent where they are drawn. */
  readonly weights?: string;
}

const CONFIG = "config.json";
/** `format` in `config.json`; files of earlier versions have none and are read as this one. */
const CONFIG_FORMAT = "webgpu-reid run 1";
/** Locked by the process that works in the folder; the system unlocks it however the process ends. */
const LOCK = ".lock";

/** A run's folder, held by this process until it ends. */
export class RunFolder {
  private constructor(
    readonly path: string,
    readonly config: RunConfig,
    /** Open as long as the folder is held. */
    readonly lock: Deno.FsFile,
    readonly isNew: boolean,
  ) {}

  /**
   * Makes the folder of a new run and writes its settings.
   *
   * @param path left out: the first of runs/LOSS, runs/LOSS-2, ... that does not exist.
   * @throws {RunError} when the folder holds something already or cannot be written.
   */
  static async create(path: string | undefined, config: RunConfig): Promise<RunFolder> {
    const folder = path ?? await makeNumbered(join("runs", config.options.loss));
    let run: RunFolder | undefined;
    try {
      await Deno.mkdir(folder, { recursive: true });
      await requireFreeFolder(folder); // Before the lock file, which has no place in somebody else's folder.
      run = new RunFolder(folder, config, acquire(folder), true);
      await requireFreeFolder(folder);
      await writeFile(folder, CONFIG, JSON.stringify({ format: CONFIG_FORMAT, ...config }, null, 2) + "\n");
      return run;
    } catch (error) {
      run?.abandon();
      if (error instanceof RunError) throw error;
      throw new RunError(
        `The run's folder ${folder} cannot be written (${messageOf(error)}). Choose another one.`,
        { remedies: [{ kind: "other-output" }] },
      );
    }
  }

  /**
   * Takes up a run that exists, and clears away what a killed process left unfinished.
   *
   * @throws {RunError} when there is no run, or another process is at it.
   */
  static async open(path: string): Promise<RunFolder> {
    const config = await readConfig(path);
    let lock: Deno.FsFile;
    try {
      lock = acquire(path);
    } catch (error) {
      if (error instanceof RunError) throw error;
      throw new RunError(`The run's folder ${path} cannot be written: ${messageOf(error)}`);
    }
    for (const folder of [path, join(path, CHECKPOINTS)]) removeUnfinished(folder);
    return new RunFolder(path, config, lock, false);
  }

  /** Removes what {@link RunFolder.create} made, unless a checkpoint or anything else has come into it. */
  abandon(): void {
    if (!this.isNew) return;
    try {
      const checkpoints = join(this.path, CHECKPOINTS);
      const names = [...Deno.readDirSync(this.path)].map(({ name }) => name);
      if (names.some((name) => ![CONFIG, LOCK, CHECKPOINTS, PRETRAINED].includes(name))) return;
      if (names.includes(CHECKPOINTS)) {
        removeUnfinished(checkpoints);
        Deno.removeSync(checkpoints);
      }
      for (const name of [CONFIG, LOCK, PRETRAINED]) {
        if (names.includes(name)) Deno.removeSync(join(this.path, name));
      }
      Deno.removeSync(this.path);
    } catch {
      // Not empty: a checkpoint is worth keeping, and its settings with it.
    }
  }
}

/** Makes NAME, or NAME-2, ... whichever does not exist yet, and returns it. */
async function makeNumbered(name: string): Promise<string> {
  for (let i = 1;; i++) {
    const folder = i === 1 ? name : `${name}-${i}`;
    try {
      await Deno.mkdir(join(folder, ".."), { recursive: true });
      await Deno.mkdir(folder);
      return folder;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      throw new RunError(
        `The run's folder ${folder} cannot be made (${messageOf(error)}). Choose another one.`,
        { remedies: [{ kind: "other-output" }] },
      );
    }
  }
}

/**
 * Refuses a folder in which a new run cannot start.
 *
 * @throws {RunError} when it is not empty, or no folder. One that does not exist is free.
 */
export async function requireFreeFolder(folder: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name === LOCK) continue;
      throw new RunError(
        `${folder} is not empty. If it holds a run, resume that; otherwise choose another folder.`,
        { remedies: [{ kind: "resume", run: folder }, { kind: "other-output" }] },
      );
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof RunError) throw error;
    throw new RunError(
      `The run cannot be kept in ${folder} (${messageOf(error)}). Choose another folder.`,
      { remedies: [{ kind: "other-output" }] },
    );
  }
}

/** Locks a run's folder for as long as this process lives. */
function acquire(folder: string): Deno.FsFile {
  const file = Deno.openSync(join(folder, LOCK), { create: true, write: true });
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new RunError(
    `Another process is training in ${folder}. Wait until it has ended, or start a run in another folder.`,
    { remedies: [{ kind: "other-output" }] },
  );
}

/**
 * Reads a run's settings.
 *
 * @throws {RunError} when there is no run, or its settings are damaged.
 */
export async function readConfig(folder: string): Promise<RunConfig> {
  const path = join(folder, CONFIG);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new RunError(
      `${folder} holds no training run (${messageOf(error)}). Give the folder that the run was started with.`,
      { remedies: [{ kind: "run-folder" }] },
    );
  }
  try {
    const { format, options, data, layout, identityFrom, cameraFrom, weights } = JSON.parse(text);
    const fault = otherVersion(format, CONFIG_FORMAT);
    if (fault !== undefined) {
      throw new RunError(
        `${path} cannot be used: ${fault}. Use the version that wrote it, or start a new run.`,
      );
    }
    if (data !== undefined && !isTextOrTexts(data)) throw new Error("data is not text");
    const known = keysOf(LAYOUT_NAMES).find((name) => name === layout);
    if (layout !== undefined && known === undefined) throw new Error("layout is not a known one");
    const texts = { identityFrom, cameraFrom, weights };
    for (const [name, text] of Object.entries(texts)) {
      if (text !== undefined && typeof text !== "string") throw new Error(`${name} is not text`);
    }
    return {
      options: parseTrainingOptions(options),
      ...(data !== undefined && { data }),
      ...(known !== undefined && { layout: known }),
      ...(identityFrom !== undefined && { identityFrom }),
      ...(cameraFrom !== undefined && { cameraFrom }),
      ...(weights !== undefined && { weights }),
    };
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw new RunError(`${path} is damaged: ${messageOf(error)}. A run needs its settings: start a new one.`);
  }
}

function isTextOrTexts(value: unknown): value is string | string[] {
  return typeof value === "string" ||
    (Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === "string"));
}

/**
 * Writes a text or bytes into the run's folder, whole or not at all.
 *
 * @returns the file's path.
 * @throws {RunError} when it cannot be written.
 */
export async function writeFile(folder: string, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  try {
    await writeWhole(path, content);
  } catch (error) {
    throw new RunError(
      `${path} could not be written (${messageOf(error)}). Free space on the disk; checkpoints are intact.`,
    );
  }
  return path;
}
