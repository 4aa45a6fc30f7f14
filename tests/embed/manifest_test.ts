import assert from "node:assert/strict";
import { DataError } from "../../data/errors.ts";
import { type Extension, formatOf, FORMATS } from "../../embed/formats.ts";
import { readVectors } from "../../embed/read_vectors.ts";
import { sha256 } from "../../train/checksum.ts";
import { keysOf } from "../../model/settings.ts";
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
    await refused({ ...text, format: "webgpu-reid vectors 0" });
    await refused(null);
  });
});

/** Writes one shard with one image, whose id is `id`, as vectors called `name`; several shards are in a folder. */
async function writeOne(folder: string, name: string, id: string, several: boolean): Promise<void> {
  const out = `${folder}/${name}`;
  const of = { ...MANIFEST.of, embeddingSize: 2, images: 1, shardSize: 1 };
  const path = several ? `${out}/part-00000${name.slice(name.indexOf("."))}` : out;
  if (several) await Deno.mkdir(out);
  const files = [];
  for (
    const { path: file, bytes } of formatOf(out).encode(path, [{ id, embedding: Float32Array.of(1, 2) }], of)
  ) {
    await Deno.writeFile(file, bytes);
    files.push({ name: file.slice(folder.length + 1), bytes: bytes.length, sha256: await sha256(bytes) });
  }
  await writeManifest(out, { of, shards: [{ index: 0, vectors: 1, files, failed: [] }] });
}

Deno.test("readVectors() reads the files that are called like the given path, also after renaming or copying", async () => {
  const cases = keysOf(FORMATS).flatMap((extension) => [[extension, false], [extension, true]] as const);
  for (const [extension, several] of cases) {
    await withFolder(async (folder) => {
      const files = (name: string, extension: Extension) => [
        `${name}${extension}`,
        `${name}${extension}.manifest.json`,
        ...(extension === ".npy" && !several ? [`${name}.ids.jsonl`] : []),
      ];
      await writeOne(folder, `old${extension}`, "renamed.jpg", several);
      for (const [i, from] of files("old", extension).entries()) {
        await Deno.rename(`${folder}/${from}`, `${folder}/${files("new", extension)[i]}`);
      }
      await writeOne(folder, `old${extension}`, "another.jpg", several); // The manifest of "new" must not lead here.
      const ids = async (name: string) => {
        const rows = await Array.fromAsync((await readVectors(`${folder}/${name}${extension}`)).batches());
        return rows.flat().map(({ id }) => id);
      };
      assert.deepEqual([await ids("new"), await ids("old")], [["renamed.jpg"], ["another.jpg"]]);
      // One manifest copied to vectors that it does not describe.
      await Deno.copyFile(
        `${folder}/new${extension}.manifest.json`,
        `${folder}/old${extension}.manifest.json`,
      );
      await assert.rejects(ids("old"), /has changed/);
    });
  }
});

Deno.test("readVectors() says that vectors of other programs have no manifest", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/theirs.npy`, "");
    await assert.rejects(
      readVectors(`${folder}/theirs.npy`),
      /Only vectors that this program wrote have one/,
    );
  });
});
