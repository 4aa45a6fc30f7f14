/** Finished cells on disk, one JSON file each, written atomically; the name identifies the cell's inputs. */
import { join, relative } from "node:path";
import type { ReidDataset } from "../../data/dataset.ts";
import { keysOf } from "../../model/settings.ts";
import type { TrainingOptions } from "../options.ts";
import { writeWhole } from "../write_whole.ts";
import { type CellResult, SCORINGS } from "./cell.ts";

/** The content of a cell's file. */
export interface StoredCell {
  /** Digest of the code that computed it. */
  readonly code: string;
  /** Digest of the dataset. */
  readonly data: string;
  readonly options: TrainingOptions;
  readonly result: CellResult;
}

const hex = async (text: string): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex().slice(0, 12);

/** Digest of a dataset: of all its file names and, for synthetic people, of their options. */
export async function datasetDigest({ train, query, gallery, root }: ReidDataset): Promise<string> {
  const names = [train, query, gallery].map((part) => part.map(({ path }) => relative(root, path)));
  const marker = await Deno.readTextFile(join(root, "synthetic_people.json")).catch(() => "");
  return await hex(JSON.stringify([names, marker]));
}

/** The layers that affect a cell's numbers. */
const LAYERS = ["kernels", "engine", "model", "losses", "ranks", "data", "eval", "train"];
/** Parts of these layers that do not, or, as recipes, only through a cell's options. */
const NOT_IN_NUMBERS = [
  "train/report",
  "train/ablation/cell_files.ts",
  "train/ablation/plots.ts",
  "train/ablation/results.ts",
  "train/ablation/summary.ts",
  "train/ablation/table.ts",
  "train/recipes.ts",
];

/** Digest of all code that affects a cell's numbers. */
export async function codeDigest(): Promise<string> {
  const root = join(import.meta.dirname!, "..", "..");
  const files: string[] = [];
  const visit = (folder: string) => {
    if (NOT_IN_NUMBERS.includes(folder)) return;
    for (const { name, isDirectory } of Deno.readDirSync(join(root, folder))) {
      const path = `${folder}/${name}`;
      if (isDirectory) visit(path);
      else if (/\.(ts|wgsl)$/.test(name) && !NOT_IN_NUMBERS.includes(path)) files.push(path);
    }
  };
  LAYERS.forEach(visit);
  files.sort();
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(join(root, file))));
  return await hex(JSON.stringify([files, texts]));
}

/** The name of a cell's file: its row and seed for people to read, then a digest of all its options and of its data. */
export async function cellName(options: TrainingOptions, data: string): Promise<string> {
  return `${options.loss}-seed${options.seed}-${await hex(JSON.stringify([options, data]))}.json`;
}

/** Reads a finished cell; undefined if there is none, or its file is invalid or lacks a kind of score. */
export async function readCell(path: string): Promise<StoredCell | undefined> {
  try {
    const cell: StoredCell = JSON.parse(await Deno.readTextFile(path));
    const scored = keysOf(SCORINGS).every((way) => typeof cell.result.scores[way] === "object");
    return typeof cell.code === "string" && scored ? cell : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a finished cell. */
export async function writeCell(path: string, cell: StoredCell): Promise<void> {
  await writeWhole(path, JSON.stringify(cell, null, 2) + "\n");
}
