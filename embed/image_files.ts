/** The images to embed: those in a folder at any depth, or those of a list. */
import { basename, dirname, join, resolve, sep } from "node:path";
import { DataError, messageOf } from "../data/errors.ts";
import { readPeopleTable } from "../data/layouts/people_table.ts";
import { isPicture, visible } from "../data/layouts/picture_file.ts";
import { UNKNOWN_CAMERA } from "../data/protocol.ts";
import { trackletOf } from "../data/tracklets.ts";

/** What is known of an image from elsewhere than its name. */
export interface KnownFacts {
  readonly camera?: string;
  /** The frame's number. */
  readonly time?: number;
  /** See `trackletOf`. */
  readonly tracklet?: string;
}

/** An image to embed. */
export interface ImageFile {
  /** See {@link ImageIds}. */
  readonly id: string;
  /** The file: its folder without links, and its name. */
  readonly path: string;
  /** Without it, its name is read. */
  readonly known?: KnownFacts;
}

/**
 * Gives images their ids. An id is the image's path from the working directory, or its full path where it lies elsewhere:
 * with forward slashes, in Unicode's form NFC, through no link to a folder and without `.` or `..`. So an image has one
 * id in whatever way it is given, and images of two folders never share one. A link to a file is a separate image, as
 * its name says camera and time.
 */
export class ImageIds {
  readonly #folders = new Map<string, Promise<string>>();
  readonly #here = real(".");

  /** The image in a file, which need not exist. */
  async of(file: string): Promise<ImageFile> {
    const full = resolve(file), folder = dirname(full);
    const known = this.#folders.get(folder) ?? real(folder);
    this.#folders.set(folder, known);
    return await this.in(await known, basename(full));
  }

  /** The image at a path below a folder that has no links in it. */
  async in(folder: string, below: string): Promise<ImageFile> {
    const path = join(folder, below), here = join(await this.#here, sep);
    const id = path.startsWith(here) ? path.slice(here.length) : path;
    return { id: id.replaceAll(sep, "/").normalize("NFC"), path };
  }
}

/** The full path of a folder through no link; as it is where there is no such folder. */
async function real(folder: string): Promise<string> {
  return await Deno.realPath(folder).catch(() => resolve(folder));
}

/** Numbers of entries that were skipped in a folder. */
export interface PassedOver {
  /** Links to folders, which are not followed: they may form loops, or lead to the same image twice. */
  links: number;
  /** Files without the extension of a JPEG or PNG. */
  others: number;
}

/**
 * The images in a folder and its subfolders, depth first, each folder sorted by code unit: the same order on every
 * machine. Memory holds only the names in the folders on the current path. Hidden files and folders are skipped; links
 * to files are followed.
 *
 * @param passed Counts the skipped entries.
 * @throws {DataError} When a folder cannot be read.
 */
export async function* imagesInFolder(folder: string, passed: PassedOver): AsyncGenerator<ImageFile> {
  yield* visit(await real(folder), "", passed, new ImageIds());
}

async function* visit(
  root: string,
  prefix: string,
  passed: PassedOver,
  ids: ImageIds,
): AsyncGenerator<ImageFile> {
  for (const { name, isDirectory, isSymlink } of await sortedEntries(join(root, prefix))) {
    const below = prefix + name;
    if (isDirectory) yield* visit(root, `${below}/`, passed, ids);
    else if (isSymlink && await leadsToFolder(join(root, below))) passed.links++;
    else if (isPicture(name)) yield await ids.in(root, below);
    else passed.others++;
  }
}

async function sortedEntries(folder: string): Promise<Deno.DirEntry[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    const shown = new Set(visible(entries.map(({ name }) => name)));
    return entries.filter(({ name }) => shown.has(name)).sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    throw new DataError(`The folder ${folder} cannot be read: ${messageOf(error)}.`);
  }
}

async function leadsToFolder(path: string): Promise<boolean> {
  // A dangling link counts as a file: decoding gives the reason.
  return (await Deno.stat(path).catch(() => undefined))?.isDirectory ?? false;
}

/**
 * The images of a table of people, each once, in the order of their paths, with what the table says of them.
 *
 * @throws {DataError} When the table cannot be read, see `readPeopleTable`.
 */
export async function* imagesInTable(table: string): AsyncGenerator<ImageFile> {
  const ids = new ImageIds(), seen = new Set<string>();
  for (const { path, person, camera, frame, track } of (await readPeopleTable(table)).images) {
    if (seen.has(path)) continue; // Both a query and in the gallery.
    seen.add(path);
    const tracklet = trackletOf({ identity: person, camera, ...(track !== undefined && { track }) });
    yield {
      ...await ids.of(path),
      known: {
        ...(camera !== UNKNOWN_CAMERA && { camera }),
        ...(frame !== undefined && { time: frame }),
        ...(tracklet !== undefined && { tracklet }),
      },
    };
  }
}

/**
 * The images of a list, one path per line, relative to the working directory; empty lines are skipped.
 *
 * @throws {DataError} When the bytes are not UTF-8 text, or a line is too long.
 */
export async function* imagesInList(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
): AsyncGenerator<ImageFile> {
  let rest = "";
  const ids = new ImageIds();
  const image = async (line: string) => await ids.of(await asOnDisk(line));
  try {
    for await (const text of bytes.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }))) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST_LINE) throw new TypeError(`a line is longer than ${LONGEST_LINE} characters`);
      for (const line of lines.map(withoutReturn)) if (line !== "") yield await image(line);
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DataError(
      `${name} is not a list of images: ${error.message}. A list is text with the path of an image on every line; ` +
        `to embed a single image, give its folder or a list with its path.`,
    );
  }
  if (withoutReturn(rest) !== "") yield await image(withoutReturn(rest));
}

/** The path in the Unicode form that the disk has: lists often come from machines that write the other. */
async function asOnDisk(path: string): Promise<string> {
  // deno-lint-ignore no-control-regex
  if (/^[\u0000-\u007f]*$/.test(path)) return path;
  for (const form of [path, path.normalize("NFC"), path.normalize("NFD")]) {
    if (await Deno.lstat(form).then(() => true, () => false)) return form;
  }
  return path;
}

/** Longer lines are refused: paths are shorter, and a file without line ends is not a list. */
const LONGEST_LINE = 65_536;

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
