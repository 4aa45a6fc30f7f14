/**
 * Files and folders that are written under a temporary name beside their final path, and renamed when complete. The
 * writer holds a lock, which tells a file that is being written from one that a killed process left.
 */
import { basename, dirname, join } from "node:path";

/** The end of temporary names: other files are never touched. */
const TEMPORARY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Creates the temporary file for `path`; the lock is held until the file is closed or unlocked. */
export function beginFile(path: string): { name: string; file: Deno.FsFile } {
  return begin(path, (name) => Deno.openSync(name, { read: true, write: true, createNew: true }));
}

/** Creates the temporary folder for `path`; the lock is held until the result is disposed of. */
export function beginFolder(path: string): Disposable & { name: string } {
  const { name, file } = begin(path, (name) => {
    Deno.mkdirSync(name);
    try {
      return Deno.openSync(name);
    } catch {
      return undefined; // Systems that cannot open folders do not lock them, nor remove abandoned ones.
    }
  });
  return { name, [Symbol.dispose]: () => file?.close() };
}

/** Removes what killed processes left of `path`, then creates and locks a temporary file or folder. */
function begin<File extends Deno.FsFile | undefined>(
  path: string,
  make: (name: string) => File,
): { name: string; file: File } {
  Deno.mkdirSync(dirname(path), { recursive: true });
  removeAbandoned(path);
  for (;;) {
    const name = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
    const file = make(name);
    file?.lockSync(true);
    if (exists(name)) return { name, file };
    file?.close(); // Another process removed it as abandoned before it was locked.
  }
}

function removeAbandoned(path: string): void {
  const [prefix, folder] = [`.${basename(path)}.`, dirname(path)];
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.startsWith(prefix) || !TEMPORARY.test(name.slice(prefix.length))) continue;
    const found = join(folder, name);
    try {
      using abandoned = Deno.openSync(found);
      if (abandoned.tryLockSync(true)) Deno.removeSync(found, { recursive: true });
    } catch {
      // Already removed, or no permission; a file of this name is never used.
    }
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
