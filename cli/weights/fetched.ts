/** Files of weights from the web, in the cache: a folder for each address, with the shards of a layers model. */
import { dirname, join } from "node:path";
import { parseModelJson, shardPaths } from "../../model/weights_files/layers_model.ts";
import { UserError } from "../../engine/errors.ts";
import { sha256 } from "../../train/checksum.ts";
import { RunError } from "../../train/errors.ts";
import { readWhole } from "../../train/write_whole.ts";
import { requireDigest } from "./digest.ts";
import { download, shown } from "./download.ts";

/** Where a file of an address is kept. */
async function placeOf(url: URL, cache: string): Promise<string> {
  const digest = await sha256(new TextEncoder().encode(url.href));
  const name = (url.pathname.split("/").at(-1) ?? "").replace(/[^\w.-]+/g, "_").replace(/^\.+/, "");
  return join(cache, "weights", digest.slice(0, 16), name === "" ? "weights" : name);
}

/**
 * The path of a file in the cache, which is fetched if it is not there, with the shards of a layers model.
 *
 * @param digest the beginning of the SHA-256 that the file must have; a file in the cache with another is fetched again.
 * @throws {RunError} when it cannot be fetched or has another digest.
 */
export async function fetchWeights(url: URL, cache: string, digest: string | undefined): Promise<string> {
  const path = await placeOf(url, cache);
  if (await isThere(path)) {
    if (digest === undefined || (await sha256(await readWhole(path))).startsWith(digest)) {
      console.error(`note: ${shown(url)} is in the cache: ${path}`);
    } else {
      console.error(`note: ${path}, of the cache, has another SHA-256, and is fetched again`);
      await Deno.remove(path);
    }
  }
  if (!await isThere(path)) await download(url, path);
  const bytes = await readWhole(path);
  try {
    requireDigest(shown(url), await sha256(bytes), digest);
    const model = parseModelJson(bytes);
    for (const shard of model === undefined ? [] : shardPaths(model)) {
      const place = join(dirname(path), shard);
      if (!await isThere(place)) await download(new URL(shard, url), place);
    }
  } catch (error) {
    await Deno.remove(path); // Else the next command would find it in the cache.
    if (!(error instanceof UserError) || error instanceof RunError) throw error;
    throw new RunError(`${shown(url)} cannot be used: ${error.message}`);
  }
  return path;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
