/**
 * Variants chosen by the tuner, kept on disk: one file for each adapter with its driver and each version of the kernels,
 * so that nothing in it is ever out of date. Processes may share a file: each adds to it, and writes it whole.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Device, type Recorded, tunables } from "../engine/mod.ts";
import { type Choices, parseChoices, type Tunable, TUNED_SOURCES, VARIANTS } from "../kernels/mod.ts";
import { writeWhole } from "./write_whole.ts";

/** Locked by a process while it adds to the cache. */
const LOCK = ".lock";

/** Times what the cache does not hold, as {@link tune} does. */
export type Tuner = (list: readonly Tunable[]) => Promise<Choices>;

/**
 * The fastest variant of everything in a program that has several: from the cache, or timed now and put there.
 *
 * @param folder where the cache lies. One that cannot be read or written is told on stderr and done without.
 */
export async function tunedVariants(
  device: Device,
  dispatches: readonly Recorded[],
  folder: string,
  tuner: Tuner,
): Promise<Choices> {
  const list = tunables(dispatches);
  const path = join(folder, `variants-${fingerprint(device)}.json`);
  const known = await readChoices(path);
  const unknown = list.filter(({ key }) => !known.has(key));
  if (unknown.length > 0) {
    const timed = await tuner(unknown);
    for (const [key, variant] of timed) known.set(key, variant);
    await addChoices(folder, path, timed);
  }
  return new Map(list.map(({ key }) => [key, known.get(key)!]));
}

/** A hash of the adapter, its driver as far as WebGPU tells, where tensors live, and all variants and their shaders. */
function fingerprint({ adapter, storage, target }: Device): string {
  const text = JSON.stringify([adapter, storage, target.adapterClass, VARIANTS, TUNED_SOURCES]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

async function readChoices(path: string): Promise<Map<string, string>> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      console.error(`note: ${path} cannot be read (${(error as Error).message}): kernels are timed again`);
    }
    return new Map();
  }
  try {
    return new Map(parseChoices(JSON.parse(text)));
  } catch (error) {
    console.error(`note: ${path} is damaged (${(error as Error).message}): kernels are timed again`);
    return new Map();
  }
}

/** Adds to what is in the file by now. */
async function addChoices(folder: string, path: string, timed: Choices): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    // Locked from reading to writing: what another process adds in between would be lost.
    using lock = await Deno.open(join(folder, LOCK), { create: true, write: true });
    await lock.lock(true);
    const all = new Map([...await readChoices(path), ...timed]);
    const text = JSON.stringify(Object.fromEntries(all), null, 2) + "\n";
    await writeWhole(path, new TextEncoder().encode(text));
  } catch (error) {
    console.error(
      `note: ${path} cannot be written (${(error as Error).message}): the next run times kernels again`,
    );
  }
}
