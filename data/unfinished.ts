/**
 * Files and folders that are made beside their place, under a name of their own, and moved there when they are whole.
 * Whoever makes one holds its lock, so that what a killed process has left can be told from what is being made.
 */
import { basename, dirname, join } from "node:path";

/** How names end that this module makes: nobody else's files are touched. */
const OWN_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Begins a file that will be at `path`; its lock is held until it is closed or unlocked. */
export function beginFile(path: string): { name: string; file: Deno.FsFile } {
  return begin(path, (name) => Deno.openSync(name, { read: true, write: true, createNew: true }));
}

/** Begins a folder that will be at `path`; its lock is held until it is disposed of. */
export function beginFolder(path: string): Disposable & { name: string } {
  const { name, file } = begin(path, (name) => {
    Deno.mkdirSync(name);
    try {
      return Deno.openSync(name);
    } catch {
      return undefined; // Where folders cannot be opened they are not locked, nor taken for abandoned.
    }
  });
  return { name, [Symbol.dispose]: () => file?.close() };
}

/** Removes what killed processes have left unfinished of it, makes it by `make` under a name of its own, and locks it. */
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
    file?.close(); // Another process has taken it for abandoned before it was locked.
  }
}

function removeAbandoned(path: string): void {
  const [before, folder] = [`.${basename(path)}.`, dirname(path)];
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.startsWith(before) || !OWN_NAME.test(name.slice(before.length))) continue;
    const place = join(folder, name);
    try {
      using abandoned = Deno.openSync(place);
      if (abandoned.tryLockSync(true)) Deno.removeSync(place, { recursive: true });
    } catch {
      // Gone meanwhile, or not ours to remove; its name is not one that is ever opened.
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
