import assert from "node:assert/strict";
import { openEmbedded } from "../../search/embedded_database.ts";
import { Gallery } from "../../search/gallery.ts";
import { exists, withFolder } from "../cli/run_task.ts";
import { BATCH, batchOf, DIMENSION } from "./adds_until_killed.ts";
import { namedModel } from "./random_images.ts";

const SCRIPT = new URL("adds_until_killed.ts", import.meta.url).pathname;

/** Lets a process add batches from `first` on, kills it when `moment` has come, and returns the last it told of. */
async function addUntilKilled(folder: string, first: number, moment: (acknowledged: number) => boolean) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--allow-read", "--allow-write", SCRIPT, folder, String(first)],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let text = "", killed = false;
  const look = () => {
    if (killed || !moment(text.split("\n").length - 1)) return;
    killed = true;
    child.kill("SIGKILL");
  };
  const timer = setInterval(look, 2);
  try {
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += piece;
      look();
    }
    assert.equal((await child.status).signal, "SIGKILL");
  } finally {
    clearInterval(timer);
  }
  return first - 1 + text.split("\n").length - 1;
}

/** Opens the gallery and checks that acknowledged batches are there, whole, and no part of any other. */
async function check(folder: string, last: number): Promise<number> {
  const database = await openEmbedded(folder);
  const gallery = await Gallery.open(database, namedModel(DIMENSION));
  const held = new Map<string, Float32Array>();
  for await (const { ids, embeddings } of gallery.vectors({}, 500)) {
    for (const [i, id] of ids.entries()) held.set(id, embeddings.slice(i * DIMENSION, (i + 1) * DIMENSION));
  }
  const batches = held.size / BATCH;
  assert.ok(Number.isInteger(batches), `${held.size} images are no whole batches`);
  assert.ok(
    batches === last + 1 || batches === last + 2,
    `${last + 1} batches acknowledged, ${batches} there`,
  );
  for (let batch = 0; batch < batches; batch++) {
    for (const { id, embedding } of batchOf(batch)) assert.deepEqual(held.get(id), embedding);
  }
  // The index on embeddings, and not a walk through the table, finds the newest images.
  await database.query("set enable_sort = off");
  assert.ok((await gallery.stats()).hnsw);
  for (const { id, embedding } of batchOf(batches - 1)) {
    assert.equal((await gallery.search(embedding, { top: 1 }))[0].id, id);
    assert.equal((await gallery.search(embedding, { top: 1, exact: true }))[0].id, id);
  }
  await database.close();
  return batches;
}

Deno.test("A gallery holds every acknowledged image whenever the process that adds is killed", async () => {
  await withFolder(async (parent) => {
    const folder = `${parent}/gallery`;
    // While PostgreSQL's files and the tables are being made: they are there whole afterward, or not at all.
    const early = 1500 * Math.random();
    let begun = Infinity;
    const first = await addUntilKilled(folder, 0, () => {
      if (exists(`${folder}/postgres.part`)) begun = Math.min(begun, performance.now());
      return performance.now() > begun + early;
    });
    let batches = first < 0 ? 0 : await check(folder, first);
    for (let kill = 0; kill < 2; kill++) {
      const acknowledged = 3 + Math.floor(20 * Math.random());
      const late = 30 * Math.random(); // Milliseconds: anywhere within the next batches.
      let since = Infinity;
      const last = await addUntilKilled(folder, batches, (count) => {
        if (count >= acknowledged) since = Math.min(since, performance.now());
        return performance.now() > since + late;
      });
      assert.ok(last >= batches + acknowledged - 1);
      batches = await check(folder, last);
    }
  });
});
