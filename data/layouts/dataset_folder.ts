import { join, sep } from "node:path";
import { DataError, messageOf } from "../errors.ts";

/** Names in a folder, each list sorted by code unit: the same order under every locale. */
export interface Listing {
  /** Folders, and links to folders. */
  readonly folders: readonly string[];
  /** Everything else. */
  readonly files: readonly string[];
}

/** A dataset's folder on disk. Links that lead out of the folder are refused. */
export class DatasetFolder {
  private constructor(
    /** The folder as given. */
    readonly root: string,
    readonly realRoot: string,
    /** The names directly in it. */
    readonly top: Listing,
  ) {}

  /** @throws {DataError} When there is no such folder, or it cannot be read. */
  static async open(root: string): Promise<DatasetFolder> {
    if (!await isFolder(root)) {
      throw new DataError(`There is no folder ${root}. Give the folder of a dataset.`, {
        remedies: [{ kind: "dataset-folder" }],
      });
    }
    const realRoot = await Deno.realPath(root);
    return new DatasetFolder(root, realRoot, await list(root, realRoot));
  }

  /** A folder in another one, which may not lead out of that. @throws {DataError} When it cannot be read. */
  static async openIn(outer: DatasetFolder, name: string): Promise<DatasetFolder> {
    return new DatasetFolder(outer.path(name), outer.realRoot, await outer.list(name));
  }

  /**
   * The names in a folder of the dataset; `parts` lead to it from the root.
   *
   * @throws {DataError} When it cannot be read, or a link in it leads out of the dataset's folder.
   */
  async list(...parts: string[]): Promise<Listing> {
    return await list(join(this.root, ...parts), this.realRoot);
  }

  /** The path of a file or folder; `parts` lead to it from the root. */
  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  /**
   * Refuses a dataset that lacks parts.
   *
   * @param layout The name of its layout.
   * @throws {DataError} When there are missing parts.
   */
  refuseMissing(layout: string, missing: readonly string[]): void {
    if (missing.length === 0) return;
    throw new DataError(
      `${this.root} is laid out as ${layout}, but ${missing.join(" and ")} ${
        missing.length === 1 ? "is" : "are"
      } missing; ${this.describe()}. Restore what is missing from the dataset's archive.`,
    );
  }

  /** The names directly in the folder as text: "it has a/, b.txt and 3 more". */
  describe(): string {
    const found = [...this.top.folders.map((name) => `${name}/`), ...this.top.files].sort();
    if (found.length === 0) return "it is empty";
    return `it has ${found.slice(0, 5).join(", ")}${found.length > 5 ? ` and ${found.length - 5} more` : ""}`;
  }
}

async function list(folder: string, realRoot: string): Promise<Listing> {
  const folders: string[] = [], files: string[] = [];
  try {
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
      const leadsToFolder = isSymlink && await followLink(join(folder, name), realRoot);
      (isDirectory || leadsToFolder ? folders : files).push(name);
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`The folder ${folder} cannot be read: ${messageOf(error)}.`);
  }
  return { folders: folders.sort(), files: files.sort() };
}

/** Whether a symbolic link leads to a folder. A dangling link counts as a file, which fails when it is decoded. */
async function followLink(path: string, realRoot: string): Promise<boolean> {
  const target = await Deno.realPath(path).catch(() => undefined);
  if (target === undefined) return false;
  if (target !== realRoot && !target.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) {
    throw new DataError(
      `${path} is a symbolic link that leads out of the dataset's folder, to ${target}. Put the files themselves into ` +
        "the dataset's folder, or give the folder that contains them.",
    );
  }
  return (await Deno.stat(target)).isDirectory;
}

/** Whether there is a folder at a path. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    // NotFound, a file as part of the path, a loop of links: no folder in each case. Denied access is an error.
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
