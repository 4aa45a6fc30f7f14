/**
 * Variants chosen by the tuner, kept on disk: one file for each adapter with its driver and each version of the kernels,
 * so that nothing in it is ever out of date. Processes may share a file: each writes it whole.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Device, type Recorded, tunables } from "../engine/mod.ts";
import { type Choices, parseChoices, type Tunable, TUNED_SOURCES, VARIANTS } from "../kernels/mod.ts";
import { writeWhole } from "./write_whole.ts";

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
    // What others have written meanwhile is kept, but for what was timed here.
    const all = new Map([...await readChoices(path), ...timed]);
    for (const [key, variant] of timed) known.set(key, variant);
    await writeChoices(folder, path, all);
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

async function writeChoices(folder: string, path: string, choices: Choices): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    const text = JSON.stringify(Object.fromEntries(choices), null, 2) + "\n";
    const own = `${path}.${crypto.randomUUID()}`; // Others may be writing the same file.
    await writeWhole(own, new TextEncoder().encode(text));
    await Deno.rename(own, path);
  } catch (error) {
    console.error(
      `note: ${path} cannot be written (${(error as Error).message}): the next run times kernels again`,
    );
  }
}
