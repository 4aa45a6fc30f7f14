/** The images to embed: those in a folder at any depth, or those of a list. */
import { join } from "node:path";
import { DataError, messageOf } from "../data/errors.ts";

/** An image to embed. */
export interface ImageFile {
  /** The image's path from the folder, with forward slashes, or its line in the list. */
  readonly id: string;
  /** The file. */
  readonly path: string;
}

/** Numbers of entries that were skipped in a folder. */
export interface PassedOver {
  /** Links to folders, which are not followed: they may form loops, or lead to the same image twice. */
  links: number;
  /** Files without the extension of a JPEG or PNG. */
  others: number;
}

/** File names of images; the decoder goes by the content. */
const IMAGE = /\.(jpe?g|png)$/i;

/**
 * The images in a folder and its subfolders, depth first, each folder sorted by code unit: the same order on every
 * machine. Memory holds only the names in the folders on the current path. Hidden files and folders are skipped; links
 * to files are followed.
 *
 * @param passed Counts the skipped entries.
 * @throws {DataError} When a folder cannot be read.
 */
export async function* imagesInFolder(folder: string, passed: PassedOver): AsyncGenerator<ImageFile> {
  yield* visit(folder, "", passed);
}

async function* visit(root: string, prefix: string, passed: PassedOver): AsyncGenerator<ImageFile> {
  for (const { name, isDirectory, isSymlink } of await sortedEntries(join(root, prefix))) {
    const id = prefix + name;
    const path = join(root, id);
    if (isDirectory) yield* visit(root, `${id}/`, passed);
    else if (isSymlink && await leadsToFolder(path)) passed.links++;
    else if (IMAGE.test(name)) yield { id, path };
    else passed.others++;
  }
}

async function sortedEntries(folder: string): Promise<Deno.DirEntry[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    const visible = entries.filter(({ name }) => !name.startsWith("."));
    return visible.sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    throw new DataError(`The folder ${folder} cannot be read: ${messageOf(error)}.`);
  }
}

async function leadsToFolder(path: string): Promise<boolean> {
  // A dangling link counts as a file: decoding gives the reason.
  return (await Deno.stat(path).catch(() => undefined))?.isDirectory ?? false;
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
  const image = (line: string) => ({ id: line, path: line });
  try {
    for await (const text of bytes.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }))) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST_LINE) throw new TypeError(`a line is longer than ${LONGEST_LINE} characters`);
      for (const line of lines.map(withoutReturn)) if (line !== "") yield image(line);
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DataError(
      `${name} is not a list of images: ${error.message}. A list is text with the path of an image on every line; ` +
        `to embed a single image, give its folder or a list with its path.`,
    );
  }
  if (withoutReturn(rest) !== "") yield image(withoutReturn(rest));
}

/** Longer lines are refused: paths are shorter, and a file without line ends is not a list. */
const LONGEST_LINE = 65_536;

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
