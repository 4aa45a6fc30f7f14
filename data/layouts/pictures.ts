/** The pictures in a dataset's folder or in a part of it, flat or in folders one or two levels deep. */
import { DataError, firstFew } from "../errors.ts";
import type { DatasetFolder } from "./dataset_folder.ts";
import { isOtherPicture, isPicture, stemOf, visible } from "./picture_file.ts";

/** A picture of a dataset. */
export interface Picture {
  /** The file. */
  readonly path: string;
  /** The folders that lead to it from the part. */
  readonly folders: readonly string[];
  /** The file's name. */
  readonly file: string;
}

/** The pictures of a part, and what else is in its folders. */
export interface Pictures {
  /** The part's path. */
  readonly path: string;
  /** How many folders lead to each picture. */
  readonly depth: number;
  /** In the order of their folders, then of their files. */
  readonly pictures: readonly Picture[];
  /** Number of files, and of folders, that are not read. */
  readonly otherFiles: number;
  /** Folders without a picture. */
  readonly empty: readonly string[];
  /** Pictures of formats that are not read. */
  readonly unread: readonly string[];
  /** Pictures that are there a second time, in another format. */
  readonly twice: readonly string[];
}

/** Collects the pictures of the folders at one depth. */
class Collected implements Pictures {
  readonly path: string;
  readonly pictures: Picture[] = [];
  readonly empty: string[] = [];
  readonly unread: string[] = [];
  readonly twice: string[] = [];
  otherFiles = 0;

  constructor(
    readonly depth: number,
    private readonly folder: DatasetFolder,
    private readonly parts: readonly string[],
  ) {
    this.path = folder.path(...parts);
  }

  /** Takes the pictures among the files of a folder, and says whether there were any. */
  take(folders: readonly string[], files: readonly string[]): boolean {
    const stems = new Set<string>();
    for (const file of files) {
      const path = this.folder.path(...this.parts, ...folders, file);
      if (!isPicture(file)) {
        this.otherFiles++;
        if (isOtherPicture(file)) this.unread.push(path);
      } else if (stems.has(stemOf(file))) {
        this.otherFiles++;
        this.twice.push(path);
      } else {
        stems.add(stemOf(file));
        this.pictures.push({ path, folders, file });
      }
    }
    return stems.size > 0;
  }
}

/**
 * The pictures of a part: those directly in its folder, otherwise those in the folders in it, otherwise those one level
 * deeper. Where a dataset is not divided into parts, pictures in a folder go before those directly in the dataset's.
 *
 * @param parts The path of the part from the dataset's folder; none where the dataset is not divided.
 * @throws {DataError} When a folder cannot be read, or an archive was unpacked without its folders.
 */
export async function picturesOf(folder: DatasetFolder, ...parts: string[]): Promise<Pictures> {
  const { folders, files } = await folder.list(...parts);
  requireFolders(folder.path(...parts), files);
  const flat = new Collected(0, folder, parts);
  if (flat.take([], files) && parts.length > 0) {
    flat.otherFiles += folders.length;
    return flat;
  }
  const named = new Collected(1, folder, parts);
  const deeper: string[][] = [];
  for (const name of visible(folders)) {
    const inside = await folder.list(...parts, name);
    if (!named.take([name], inside.files)) named.empty.push(folder.path(...parts, name));
    deeper.push(...visible(inside.folders).map((second) => [name, second]));
  }
  if (named.pictures.length > 0) {
    named.otherFiles += files.length + deeper.length;
    return named;
  }
  const nested = new Collected(2, folder, parts);
  for (const inside of deeper) {
    if (!nested.take(inside, (await folder.list(...parts, ...inside)).files)) {
      nested.empty.push(folder.path(...parts, ...inside));
    }
  }
  if (nested.pictures.length > 0) {
    nested.otherFiles += files.length + named.otherFiles;
    return nested;
  }
  flat.empty.push(...named.empty);
  flat.unread.push(...named.unread, ...nested.unread);
  return flat;
}

/** The pictures of a part at any depth, in the order of their paths. @throws {DataError} When a folder cannot be read. */
export async function allPicturesOf(folder: DatasetFolder, ...parts: string[]): Promise<Pictures> {
  const all = new Collected(0, folder, parts);
  const visited = new Set<string>(); // A link may lead to a folder around it.
  const visit = async (inside: readonly string[]): Promise<void> => {
    const real = await Deno.realPath(folder.path(...parts, ...inside));
    if (visited.has(real)) return;
    visited.add(real);
    const { folders, files } = await folder.list(...parts, ...inside);
    requireFolders(folder.path(...parts, ...inside), files);
    all.take(inside, files);
    for (const name of visible(folders)) await visit([...inside, name]);
  };
  await visit([]);
  return all;
}

/** Refuses files whose names are paths of Windows. */
function requireFolders(path: string, files: readonly string[]): void {
  const pictures = files.filter(isPicture);
  const paths = pictures.filter((file) => /[^\\]\\[^\\]/.test(file));
  if (2 * paths.length <= pictures.length) return;
  throw new DataError(
    `${paths.length} files in ${path} have a path of Windows as their name: ${
      firstFew(paths)
    }. The program that ` +
      "unpacked the archive does not know such paths. Unpack it with another one, such as 7-Zip or bsdtar, which makes " +
      "the folders.",
  );
}
