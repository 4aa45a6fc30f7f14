/** Which images are meant: those in a folder, however deep, or those of a list. */
import { join } from "node:path";
import { DataError } from "../data/errors.ts";

/** An image to embed. */
export interface ImageFile {
  /** What the image is called: its path from the folder, with forward slashes, or the line of the list. */
  readonly id: string;
  /** The file. */
  readonly path: string;
}

/** What was passed over in a folder. */
export interface PassedOver {
  /** Links to folders, which are not followed: they may lead in circles, and to the same image twice. */
  links: number;
  /** Files that are no JPEG or PNG by their names. */
  others: number;
}

/** An image by its name; the decoder takes it for what its content says. */
const IMAGE = /\.(jpe?g|png)$/i;

/**
 * The images in a folder and in the folders in it, depth first, each folder sorted by code unit: the same order
 * on every machine. Holds the names of no more than the folders on the way down. Hidden files and folders are no
 * images; links to files are followed.
 *
 * @param passed counts what is passed over.
 * @throws {DataError} when a folder cannot be read.
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
    throw new DataError(`The folder ${folder} cannot be read: ${(error as Error).message}.`);
  }
}

async function leadsToFolder(path: string): Promise<boolean> {
  // One that leads nowhere is taken for a file: decoding says what is wrong with it.
  return (await Deno.stat(path).catch(() => undefined))?.isDirectory ?? false;
}

/**
 * The images of a list, one path to a line, from the working directory; empty lines are none.
 *
 * @throws {DataError} where the bytes are no UTF-8 text.
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
      rest = lines.pop()!;
      if (rest.length > LONGEST_LINE) throw new TypeError(`a line is longer than ${LONGEST_LINE} characters`);
      for (const line of lines.map(withoutReturn)) if (line !== "") yield image(line);
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DataError(
      `${name} is no list of images: ${error.message}. A list is text, with the path of an image on every line; ` +
        `to embed a single image, give the folder that holds it or a list with its path.`,
    );
  }
  if (withoutReturn(rest) !== "") yield image(withoutReturn(rest));
}

/** No path is as long; what has no line ends is no list. */
const LONGEST_LINE = 65_536;

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
