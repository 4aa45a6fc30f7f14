import assert from "node:assert/strict";
import { linkWhole, writeWhole } from "../../train/write_whole.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

Deno.test("writeWhole() replaces a file, and leaves the old one and nothing else where it cannot", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/scores.json`;
    for (const bytes of [Uint8Array.of(1, 2, 3), Uint8Array.of(4)]) {
      await writeWhole(path, bytes);
      assert.deepEqual(await Deno.readFile(path), bytes);
    }
    await Deno.mkdir(`${folder}/taken/inside`, { recursive: true });
    await assert.rejects(writeWhole(`${folder}/taken`, Uint8Array.of(5)));
    assert.deepEqual(names(folder), ["scores.json", "taken"]);
    assert.deepEqual(names(`${folder}/taken`), ["inside"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writeWhole() does not touch the old file before the new one is complete", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/scores.json`;
    await writeWhole(path, Uint8Array.of(1));
    const reader = await Deno.open(path);
    const writing = writeWhole(path, new Uint8Array(2 ** 24));
    const sizes = new Set<number>();
    let done = false;
    writing.finally(() => done = true);
    while (!done) sizes.add((await Deno.stat(path)).size);
    await writing;
    assert.deepEqual([...sizes].filter((size) => size !== 1 && size !== 2 ** 24), []);
    assert.equal((await reader.stat()).size, 1);
    reader.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("linkWhole() gives a file a second name in place of what had it, also where that is the same file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [a, b, best] = ["a", "b", "best"].map((name) => `${folder}/${name}`);
    await writeWhole(a, Uint8Array.of(1));
    await writeWhole(b, Uint8Array.of(2));
    await Deno.writeFile(`${best}.part`, Uint8Array.of(9)); // As if killed while linking.
    for (const [from, expected] of [[a, 1], [a, 1], [b, 2], [b, 2]] as const) {
      await linkWhole(from, best);
      assert.deepEqual(await Deno.readFile(best), Uint8Array.of(expected));
      assert.deepEqual(names(folder), ["a", "b", "best"]);
    }
    await Deno.remove(b);
    assert.deepEqual(await Deno.readFile(best), Uint8Array.of(2));
    await assert.rejects(linkWhole(`${folder}/nowhere`, best));
    assert.deepEqual(names(folder), ["a", "best"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
