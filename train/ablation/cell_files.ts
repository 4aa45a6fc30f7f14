/** Finished cells on disk: one JSON file each, there whole or not at all, found again by what it was made from. */
import { join, relative } from "node:path";
import type { ReidDataset } from "../../data/dataset.ts";
import { keysOf } from "../../model/settings.ts";
import type { TrainingOptions } from "../options.ts";
import { writeWhole } from "../write_whole.ts";
import { type CellResult, SCORINGS } from "./cell.ts";

/** What a cell's file holds. */
export interface StoredCell {
  /** Digest of the program's code that made it. */
  readonly code: string;
  /** Digest of the dataset. */
  readonly data: string;
  readonly options: TrainingOptions;
  readonly result: CellResult;
}

const hex = async (text: string): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex().slice(0, 12);

/** Digest of a dataset: of all its file names, and, where this program drew it, of what it was drawn from. */
export async function datasetDigest({ train, query, gallery, root }: ReidDataset): Promise<string> {
  const names = [train, query, gallery].map((part) => part.map(({ path }) => relative(root, path)));
  const marker = await Deno.readTextFile(join(root, "synthetic_people.json")).catch(() => "");
  return await hex(JSON.stringify([names, marker]));
}

/** The layers that decide a cell's numbers. */
const LAYERS = ["kernels", "engine", "model", "losses", "data", "eval", "train"];
/** Parts of them that don't, or, as recipes, by a cell's options alone. */
const NOT_IN_NUMBERS = [
  "train/report",
  "train/ablation/cell_files.ts",
  "train/ablation/plots.ts",
  "train/ablation/results.ts",
  "train/ablation/summary.ts",
  "train/ablation/table.ts",
  "train/recipes.ts",
];

/** Digest of all code that decides a cell's numbers. */
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

/** The name of a cell's file: what a reader looks for, then a digest of all its options and of its data. */
export async function cellName(options: TrainingOptions, data: string): Promise<string> {
  return `${options.loss}-seed${options.seed}-${await hex(JSON.stringify([options, data]))}.json`;
}

/** A finished cell; undefined where there is none, or a file that is none or lacks a way of scoring. */
export async function readCell(path: string): Promise<StoredCell | undefined> {
  try {
    const cell: StoredCell = JSON.parse(await Deno.readTextFile(path));
    const scored = keysOf(SCORINGS).every((way) => typeof cell.result.scores[way] === "object");
    return typeof cell.code === "string" && scored ? cell : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a finished cell. */
export async function writeCell(path: string, cell: StoredCell): Promise<void> {
  await writeWhole(path, JSON.stringify(cell, null, 2) + "\n");
}
