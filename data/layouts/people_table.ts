/** People in a CSV file: a line for each image, with columns by the names of its header. */
import { basename, dirname, join, resolve, sep } from "node:path";
import { type CsvError, parse } from "csv-parse/sync";
import { itemAt } from "../../engine/item_at.ts";
import type { ReidDataset } from "../dataset.ts";
import { DataError, firstFew, messageOf } from "../errors.ts";
import { UNKNOWN_CAMERA } from "../protocol.ts";
import { type NamedImage, type NamedParts, namedPeople } from "./named_people.ts";

/** Columns; the first two are needed. */
const COLUMNS = ["path", "identity", "camera", "split", "time", "track", "frame"] as const;
type Column = typeof COLUMNS[number];

const SPLITS = ["train", "query", "gallery", "test"] as const;
type Split = typeof SPLITS[number] | "all";

/** Frames in a second of `time`: those of Market-1501, for which the travel times' bins are. */
const FRAME_RATE = 25;

/** What the header has to look like, for messages. */
const EXPECTED =
  "A header names the columns, as in path,identity,camera,split,time (the last three as far as you have them)";

/** Whether a dataset is given as a table: by the name of its file. */
export function isPeopleTable(path: string): boolean {
  return /\.(csv|tsv)$/i.test(path);
}

/** An image of a table. */
export interface TableImage extends NamedImage {
  readonly split: Split;
  /** Where it is, for messages. */
  readonly where: string;
}

/** The images of a table, and what is not read. */
export interface PeopleTable {
  readonly images: readonly TableImage[];
  /** Lines of identity -1: boxes that show nobody. */
  readonly junk: number;
  readonly warnings: readonly string[];
}

/**
 * Reads a dataset from a table. Without a column `split`, people are divided by the hashes of their names.
 *
 * @throws {DataError} With the line, when one has no meaning.
 */
export async function readTableDataset(path: string): Promise<ReidDataset> {
  const { images, junk, warnings } = await readPeopleTable(path);
  return await namedPeople(partsOf(path, images), {
    root: path,
    name: "People of a CSV file",
    cameraIs: "the column camera",
    divide: "Divide the people yourself, by the column split",
    oneCamera: { text: "remove the column camera", remedies: [] },
    ignored: { junk, otherFiles: 0 },
    warnings,
  });
}

/**
 * Reads a table: UTF-8, with commas, semicolons or tabs between fields. Paths are relative to the table's folder.
 *
 * @throws {DataError} With the line, when one has no meaning or names a file that does not exist.
 */
export async function readPeopleTable(path: string): Promise<PeopleTable> {
  const lines = parseLines(path, await readText(path));
  const [header, ...rows] = lines;
  if (header === undefined) throw new DataError(`${path} is empty. ${EXPECTED}.`);
  const columns = columnsOf(path, header.fields);
  if (rows.length === 0) {
    throw new DataError(`${path} has no line after its header, so no image. ${EXPECTED}.`);
  }
  const listed: TableImage[] = [];
  let junk = 0;
  for (const { fields, line } of rows) {
    const where = `${path}, line ${line}`;
    if (fields.length !== header.fields.length) {
      throw new DataError(
        `${where} has ${fields.length} fields, and the header ${header.fields.length}. Put fields with the separator in ` +
          "them into double quotes.",
      );
    }
    const field = (column: Column) => fields[columns.get(column) ?? -1]?.trim().normalize("NFC") ?? "";
    if (field("identity") === "-1") junk++;
    else listed.push(imageOf(dirname(path), field, where));
  }
  requireAllOrNone(listed);
  requireOnce(listed);
  const images = (await onDisk(path, listed)).sort((a, b) => a.path < b.path ? -1 : 1);
  const timed = images.filter(({ frame }) => frame !== undefined).length;
  const warnings = timed === 0 || timed === images.length ? [] : [
    `${images.length - timed} of the ${images.length} images of ${path} have no time: times are not used.`,
  ];
  return { images, junk, warnings };
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(path));
  } catch (error) {
    const reason = error instanceof TypeError
      ? "it is not UTF-8 text: save it as CSV in UTF-8"
      : messageOf(error);
    throw new DataError(`The table ${path} cannot be read: ${reason}.`);
  }
}

interface Line {
  readonly fields: readonly string[];
  /** Its last line in the file, from 1. */
  readonly line: number;
}

function parseLines(path: string, text: string): Line[] {
  // Excel's own line on top, which says the separator; the empty line that stays keeps the numbers of the others.
  const said = /^"?sep=([^\r\n])"?(?=[\r\n]|$)/i.exec(text);
  const rest = said === null ? text : text.slice(said[0].length);
  const [first = ""] = rest.replace(/^[\r\n]+/, "").split(/\r?\n|\r/, 1);
  const count = (separator: string) => first.split(separator).length;
  const delimiter = said?.[1] ??
    [",", ";", "\t"].reduce((best, one) => count(one) > count(best) ? one : best);
  const found: Line[] = [];
  try {
    parse(rest, {
      delimiter,
      on_record: (fields: string[], { lines: line }) => void found.push({ fields, line }),
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true, // As spreadsheets write rows that were cleared: ;;;
    });
    return found;
  } catch (error) {
    const { message, lines }: Partial<CsvError> = Object(error);
    throw new DataError(
      `${path} cannot be read as CSV${
        lines === undefined ? "" : `, line ${lines}`
      }: ${message}. A field with quotes in it ` +
        'is written in double quotes, and its quotes twice: "the ""tall"" one".',
    );
  }
}

/** The index of each column. */
function columnsOf(path: string, header: readonly string[]): Map<Column, number> {
  const columns = new Map<Column, number>();
  for (const [i, title] of header.entries()) {
    const column = COLUMNS.find((name) => name === title.trim().toLowerCase());
    if (column === undefined) continue;
    if (columns.has(column)) {
      throw new DataError(`The header of ${path} has the column ${column} twice. Keep one of them.`);
    }
    columns.set(column, i);
  }
  const missing = (["path", "identity"] as const).filter((column) => !columns.has(column));
  if (missing.length === 0) return columns;
  throw new DataError(
    `The header of ${path} has no column ${missing.join(" and none called ")}: it has ${
      firstFew(header.map((title) => `"${title.slice(0, 40)}"`))
    }. ${EXPECTED}.`,
  );
}

function imageOf(folder: string, field: (column: Column) => string, where: string): TableImage {
  const split = splitOf(field("split"), where), person = field("identity"), file = field("path");
  if (file === "") {
    throw new DataError(`${where} has no path. Give every image's path, relative to the table's folder.`);
  }
  if (person === "" && split !== "gallery" && split !== "test") {
    throw new DataError(
      `${where} has no identity. Only images of the gallery may show nobody in particular: their split is gallery or test.`,
    );
  }
  const frame = frameOf(field("frame"), field("time"), where), track = field("track");
  return {
    path: resolve(file) === file ? file : join(folder, file),
    person,
    camera: field("camera"),
    split,
    where,
    ...(frame !== undefined && { sequence: 1, frame }),
    ...(track !== "" && { track }),
  };
}

function splitOf(text: string, where: string): Split {
  if (text === "") return "all";
  const split = SPLITS.find((name) => name === text.toLowerCase());
  if (split !== undefined) return split;
  throw new DataError(`${where} has the split "${text}". Splits are ${SPLITS.join(", ")}.`);
}

/** The frame of an image; that of its time where it has none. */
function frameOf(frame: string, time: string, where: string): number | undefined {
  if (frame !== "") {
    if (/^\d{1,12}$/.test(frame)) return Number(frame);
    throw new DataError(`${where} has the frame "${frame}". A frame is a whole number.`);
  }
  if (time === "") return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(time) ? Number(time) : dateOf(time);
  if (Number.isFinite(seconds)) return Math.round(FRAME_RATE * seconds);
  throw new DataError(
    `${where} has the time "${time}". A time is a number of seconds by a clock that all cameras share, or a date such as ` +
      "2026-01-31T18:30:05+01:00 (ISO 8601, UTC without a time zone).",
  );
}

/** Seconds since 1970 of a date; NaN where it is none. */
function dateOf(text: string): number {
  const [, day, clock = "00:00", zone = "Z"] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text) ?? [];
  return Date.parse(`${day}T${clock}${zone}`) / 1000;
}

/** Every line says its split and camera, or none does. */
function requireAllOrNone(images: TableImage[]): void {
  const check = (column: string, has: (image: TableImage) => boolean) => {
    const without = images.find((image) => !has(image)), other = images.find(has);
    if (without === undefined || other === undefined) return other !== undefined;
    throw new DataError(
      `${without.where} has no ${column}, and ${other.where} has one. Give the ${column} of every image, or of none.`,
    );
  };
  check("split", ({ split }) => split !== "all");
  if (check("camera", ({ camera }) => camera !== "")) return;
  images.forEach((image, i) => images[i] = { ...image, camera: UNKNOWN_CAMERA });
}

/** An image is in the table once, or as a query and in the gallery. */
function requireOnce(images: readonly TableImage[]): void {
  const seen = new Map<string, TableImage>();
  for (const image of images) {
    const key = `${image.split} ${image.path}`, before = seen.get(key);
    if (before !== undefined) {
      throw new DataError(
        `${image.where} names ${image.path}, as does ${before.where}. Counting an image twice gives wrong scores: remove ` +
          "one of the two lines.",
      );
    }
    seen.set(key, image);
  }
}

/**
 * The images by the names that the disk has, in whatever form of Unicode. Lists each folder once, which is far cheaper
 * than a query for each file.
 */
async function onDisk(path: string, images: readonly TableImage[]): Promise<TableImage[]> {
  const missing: TableImage[] = [], found: TableImage[] = [];
  for (const [folder, files] of Map.groupBy(images, (image) => dirname(image.path))) {
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
    const present = new Map(names.map((name) => [name.normalize("NFC"), name]));
    for (const image of files) {
      const name = present.get(basename(image.path));
      if (name === undefined) missing.push(image);
      else found.push({ ...image, path: join(folder, name) });
    }
  }
  const [first] = missing;
  if (first === undefined) return found;
  throw new DataError(
    `${missing.length} of the ${images.length} images of ${path} do not exist: ${
      firstFew(missing.map((image) => image.path))
    } (the first by ${first.where}). Paths are relative to the folder of the table${
      sep === "/" && missing.some(({ path }) => path.includes("\\"))
        ? ', and folders are separated by "/", not by "\\"'
        : ""
    }.`,
  );
}

function partsOf(path: string, images: readonly TableImage[]): NamedParts {
  const part = (split: Split) => images.filter((image) => image.split === split);
  const all = part("all"), train = part("train"), test = part("test");
  const query = part("query"), gallery = part("gallery");
  if (all.length > 0) return { all };
  if (test.length > 0 && query.length + gallery.length === 0) return { train, test };
  if (test.length === 0) return { train, query, gallery };
  const [a, b] = [itemAt(test, 0), itemAt([...query, ...gallery], 0)];
  throw new DataError(
    `${path} has images of the split test (${a.where}) and others of ${b.split} (${b.where}). Divide the test into query ` +
      "and gallery in all lines, or in none.",
  );
}
