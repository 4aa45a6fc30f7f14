/**
 * Variants chosen by the tuner, kept on disk: one file for each adapter and driver. A choice is found by its computation
 * and a hash of all that its variants compile, so no choice outlives a change of a kernel. Processes may share a file:
 * each adds to it and writes it whole.
 */
import { messageOf } from "../data/errors.ts";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { compiledText, type Device, type Recorded, tunables } from "../engine/mod.ts";
import { type Choices, parseChoices, type Tunable } from "../kernels/mod.ts";
import { writeWhole } from "./write_whole.ts";

/** Locked by a process while it adds to the cache. */
const LOCK = ".lock";

/** Times what the cache does not hold, as {@link tune} does. */
export type Tuner = (list: readonly Tunable[]) => Promise<Choices>;

/**
 * The fastest variant of everything in a program that has several: from the cache, or timed now and put there.
 *
 * @param folder where the cache lies. If it cannot be read or written, a note on stderr says so and kernels are timed.
 */
export async function tunedVariants(
  device: Device,
  dispatches: readonly Recorded[],
  folder: string,
  tuner: Tuner,
): Promise<Choices> {
  const list = tunables(dispatches);
  const { adapter, storage, target } = device;
  const adapterHash = hash(JSON.stringify([adapter, storage, target.adapterClass]));
  const path = join(folder, `variants-${adapterHash}.json`);
  const cached = await readChoices(path);
  const cacheKeys = new Map(list.map((tunable) => [tunable.key, cacheKey(device, tunable)]));
  const choices = new Map<string, string>();
  for (const [key, name] of cacheKeys) {
    const variant = cached.get(name);
    if (variant !== undefined) choices.set(key, variant);
  }
  const unknown = list.filter(({ key }) => !choices.has(key));
  if (unknown.length > 0) {
    const timed = new Map<string, string>();
    for (const [key, variant] of await tuner(unknown)) {
      choices.set(key, variant);
      timed.set(cacheKeys.get(key) ?? key, variant);
    }
    await addChoices(folder, path, timed);
  }
  return choices;
}

/** The computation, and a hash of what its variants compile. */
function cacheKey(device: Device, tunable: Tunable): string {
  return `${tunable.key} ${hash(compiledText(device, tunable))}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

async function readChoices(path: string): Promise<Map<string, string>> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      console.error(`note: ${path} cannot be read (${messageOf(error)}): kernels are timed again`);
    }
    return new Map();
  }
  try {
    return new Map(parseChoices(JSON.parse(text)));
  } catch (error) {
    console.error(`note: ${path} is damaged (${messageOf(error)}): kernels are timed again`);
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
    await writeWhole(path, JSON.stringify(Object.fromEntries(all), null, 2) + "\n");
  } catch (error) {
    console.error(
      `note: ${path} cannot be written (${messageOf(error)}): the next run times kernels again`,
    );
  }
}
