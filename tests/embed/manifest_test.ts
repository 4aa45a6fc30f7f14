import assert from "node:assert/strict";
import { DataError } from "../../data/errors.ts";
import { type Manifest, manifestPath, readManifest, writeManifest } from "../../embed/manifest.ts";
import { withFolder } from "../cli/run_task.ts";

const MANIFEST: Manifest = {
  of: { model: "a", embeddingSize: 8, flip: true, pixels: 2, images: 5, fingerprint: "b", shardSize: 2 },
  shards: [0, 2].map((index) => ({
    index,
    vectors: 1,
    files: [{ name: `v.npy/part-0000${index}.npy`, bytes: 9, sha256: "0".repeat(64) }],
    failed: [["a.jpg", "empty file"]],
  })),
};

Deno.test("readManifest() gives what writeManifest() wrote, and undefined where there is nothing", async () => {
  await withFolder(async (folder) => {
    const out = `${folder}/v.npy`;
    assert.equal(await readManifest(out), undefined);
    await writeManifest(out, MANIFEST);
    assert.deepEqual(await readManifest(out), MANIFEST);
  });
});

Deno.test("readManifest() refuses files outside of the manifest's folder, and shards that are none", async () => {
  await withFolder(async (folder) => {
    const out = `${folder}/v.npy`;
    const [shard] = MANIFEST.shards;
    const file = shard!.files[0]!;
    const named = (name: unknown) => ({ ...shard, files: [{ ...file, name }] });
    const wrong: unknown[] = [
      ...["../v.npy", "/etc/passwd", "v.npy/../../x", "", "./x", "a\\..\\x", "a\0", 3].map(named),
      ...[null, 1, {}, { ...shard, index: 3 }, { ...shard, vectors: 3 }, { ...shard, files: [] }],
      ...[{ ...shard, files: [null] }, { ...shard, failed: ["a"] }, { ...shard, failed: null }],
      ...[{ ...shard, files: [{ ...file, sha256: "../x" }] }, { ...shard, files: [{ ...file, bytes: -1 }] }],
    ];
    await writeManifest(out, MANIFEST);
    const text = JSON.parse(await Deno.readTextFile(manifestPath(out)));
    const refused = async (changed: unknown) => {
      await Deno.writeTextFile(manifestPath(out), JSON.stringify(changed));
      await assert.rejects(readManifest(out), (error: Error) => {
        assert.match(error.message, /is damaged or of another version/, JSON.stringify(changed));
        return error instanceof DataError;
      });
    };
    for (const shard of wrong) await refused({ ...text, shards: [shard] });
    await refused({ ...text, shards: [shard, shard] });
    await refused({ ...text, shardSize: 0 });
    await refused({ ...text, flip: "no" });
    await refused(null);
  });
});
