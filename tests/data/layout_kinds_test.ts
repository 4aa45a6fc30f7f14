import assert from "node:assert/strict";
import { relative } from "node:path";
import { cameraName, identityName, type ReidDataset } from "../../data/dataset.ts";
import { DataError } from "../../data/errors.ts";
import { agreedNaming, readImageName } from "../../data/layouts/image_name.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { imagesInFolder } from "../../embed/image_files.ts";
import { withFiles } from "./dataset_files.ts";
import { KINDS } from "./layout_kinds.ts";

/** Everybody and their cameras, as text. */
function shown(dataset: ReidDataset): string {
  const list = (part: "train" | "query" | "gallery") =>
    dataset[part].map(({ identity, camera }) =>
      `${identityName(dataset, identity)}/${cameraName(dataset, camera)}`
    )
      .map((text) => text.replace(/^0+(?=\d)/, ""));
  return [dataset.name, "train", ...list("train"), "query", ...list("query"), "gallery", ...list("gallery")]
    .join(" ");
}

Deno.test("folders as people have them are read as what their names say, or refused with what helps", async (t) => {
  for (const [name, files, expected, layouts = []] of KINDS) {
    await t.step(name, async () => {
      await withFiles(files, async (root) => {
        let said = "", named: readonly string[] = [];
        const dataset = await readDataset(root).catch((error) => {
          assert.ok(error instanceof DataError, `${error}`);
          said = error.message.replaceAll(root, "ROOT");
          named = error.remedies.flatMap((remedy) => remedy.kind === "layout" ? remedy.names : []);
        });
        if (dataset !== undefined) said = shown(dataset);
        if (typeof expected === "string") assert.equal(said, expected);
        else assert.match(said, expected);
        assert.deepEqual(named, layouts, said);
        if (dataset !== undefined) await sameCameras(dataset);
      });
    });
  }
});

/** Embedding a dataset's folder sees the cameras that training sees. */
async function sameCameras(dataset: ReidDataset): Promise<void> {
  const paths = (await Array.fromAsync(imagesInFolder(dataset.root, { links: 0, others: 0 }))).map((
    { path },
  ) => path);
  const by = agreedNaming(paths);
  for (const { path, camera } of [...dataset.train, ...dataset.query, ...dataset.gallery]) {
    assert.equal(readImageName(path, by).camera, cameraName(dataset, camera), relative(dataset.root, path));
  }
}
