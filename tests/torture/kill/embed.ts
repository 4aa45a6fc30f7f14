/** Kills `deno task embed` at random moments and compares its files with those of an uninterrupted run. */
import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { writeSyntheticPeople } from "../../../data/synthetic/write.ts";
import { imagesInFolder } from "../../../embed/image_files.ts";
import { readManifest } from "../../../embed/manifest.ts";
import { readVectors } from "../../../embed/read_vectors.ts";
import { Device, Random } from "../../../engine/mod.ts";
import { encodeTrainedModel } from "../../../model/trained_model.ts";
import { commandLine, type Ended, runTask } from "../../cli/run_task.ts";
import { tinyNetwork } from "../../embed/tiny_network.ts";
import type { Outcome, Torture, TortureContext } from "../torture.ts";

/** The file of vectors in the folder of a run. */
const OUT = "vectors.parquet";

export const torture: Torture = {
  promise:
    "Embedding resumes after SIGKILL: each image is embedded once, finished shards stay untouched, and all files equal those of an uninterrupted run",
  async run(context) {
    const folder = await Deno.makeTempDir({ prefix: "torture-embed-" });
    try {
      return await killAndCompare(folder, context);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

async function killAndCompare(
  folder: string,
  { short, seed, say, progress }: TortureContext,
): Promise<Outcome> {
  const kills = short ? 3 : 5, shardSize = short ? 20 : 500;
  const images = join(folder, "images"), network = join(folder, "network.safetensors");
  await prepare(images, network, short, seed);
  const ids = (await Array.fromAsync(imagesInFolder(images, { links: 0, others: 0 }))).map(({ id }) => id);
  const command = (run: string) => [
    `--checkpoint=${network}`,
    `--images=${images}`,
    `--out=${join(folder, run, OUT)}`,
    `--shard-size=${shardSize}`,
  ];

  const start = performance.now();
  requireSuccess(await runTask("embed", command("whole")));
  const perShard = (performance.now() - start) / (ids.length / shardSize);

  const random = new Random(seed);
  const untouched = new Map<string, string>();
  const finishedAt: number[] = [];
  let touched = 0;
  const out = join(folder, "killed", OUT);
  for (let kill = 0; kill < kills; kill++) {
    // Within the next part of the work, so that every run makes progress.
    const shards = Math.floor((kill + random.uniform(0, 1)) * ids.length / shardSize / (kills + 1));
    await killAfter(command("killed"), out, { shards, milliseconds: random.uniform(0, perShard) });
    const manifest = await readManifest(out);
    finishedAt.push(manifest?.shards.length ?? 0);
    const files = manifest?.shards.map(({ files: [{ name }] }) => name) ?? [];
    touched += await remember(join(folder, "killed"), files, untouched);
    progress(kill + 1, kills);
  }
  requireSuccess(await runTask("embed", command("killed")));
  touched += await remember(join(folder, "killed"), [...untouched.keys()], untouched);

  const [whole, killed] = [await contents(join(folder, "whole")), await contents(join(folder, "killed"))];
  const differing = [...new Set([...whole.keys(), ...killed.keys()])]
    .filter((name) => whole.get(name) !== killed.get(name));
  const drawn = await contents(images);
  const distinct = new Set(ids.map((id) => drawn.get(relative(images, id)))).size;
  const found: string[] = [];
  const vectors = await readVectors(join(folder, "killed", OUT));
  for await (const batch of vectors.batches()) found.push(...batch.map(({ id }) => id));
  const lost = new Set(ids).difference(new Set(found)).size;
  const wrong = differing.length + touched + (found.join("\n") === ids.join("\n") ? 0 : 1);
  if (differing.length > 0) say(`different bytes in ${differing.join(", ")}`);
  return {
    trials: kills,
    losses: lost,
    hangs: 0,
    wrong,
    figures:
      `${found.length} of ${ids.length} images (${distinct} distinct) once each; ${differing.length} of ` +
      `${killed.size} files differ; finished shards at the kills: ${finishedAt.join(", ")}`,
  };
}

/** Draws different images of at least 64 × 32 pixels, and a network of width 0.35. */
async function prepare(images: string, network: string, short: boolean, seed: number): Promise<void> {
  const people = { seed, trainIdentities: 2, testIdentities: 2, cameras: 2, junk: 0 };
  await writeSyntheticPeople(images, { ...people, distractors: short ? 280 : 19_980 }, { workers: 2 });
  const device = await Device.open();
  const size = short ? {} : { width: 0.35, imageHeight: 64, imageWidth: 32, embeddingSize: 128 };
  await Deno.writeFile(network, encodeTrainedModel(await tinyNetwork(device, seed, size)));
  device.destroy();
}

function requireSuccess({ code, stderr }: Ended): void {
  if (code !== 0) throw new Error(`deno task embed ended with code ${code}: ${stderr}`);
}

/** Starts the command and kills it some milliseconds after the given number of shards, unless it has ended. */
async function killAfter(
  args: readonly string[],
  out: string,
  { shards, milliseconds }: { shards: number; milliseconds: number },
): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...await commandLine("embed"), ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended = false;
  child.status.then(() => ended = true);
  const finished = async () => (await readManifest(out))?.shards.length ?? 0;
  while (!ended && await finished() < shards) await delay(2);
  await Promise.race([delay(milliseconds), child.status]);
  if (!ended) child.kill("SIGKILL");
  await child.status;
}

/** Records inode and time of the files; returns how many were written again since the last call. */
async function remember(
  folder: string,
  names: readonly string[],
  noted: Map<string, string>,
): Promise<number> {
  let again = 0;
  for (const name of names) {
    const { ino, mtime } = await Deno.stat(join(folder, name));
    const now = `${ino} ${mtime?.getTime()}`;
    if ((noted.get(name) ?? now) !== now) again++;
    noted.set(name, now);
  }
  return again;
}

/** The SHA-256 of every file below a folder, by relative path. */
async function contents(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const visit = async (parent: string) => {
    for await (const { name, isDirectory } of Deno.readDir(parent)) {
      const path = join(parent, name);
      if (isDirectory) await visit(path);
      else {found.set(
          relative(folder, path),
          createHash("sha256").update(await Deno.readFile(path)).digest("hex"),
        );}
    }
  };
  await visit(folder);
  return found;
}
