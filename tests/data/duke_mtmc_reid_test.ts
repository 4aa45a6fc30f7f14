import assert from "node:assert/strict";
import { describeDataset } from "../../data/dataset.ts";
import { DUKE_MTMC_REID } from "../../data/layouts/duke_mtmc_reid.ts";
import { parseImageName } from "../../data/layouts/naming.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { refusal, withFiles } from "./dataset_files.ts";

const small = {
  bounding_box_train: ["0001_c2_f0046182.jpg", "0001_c2_f0046302.jpg", "0005_c5_f0000001.jpg", "readme.txt"],
  query: ["0002_c1_f0044158.jpg", "0002_c7_f0044158.jpg"],
  bounding_box_test: ["0002_c1_f0044278.jpg", "0002_c7_f0044278.jpg", "0003_c1_f0000120.jpg"],
};

Deno.test("a name of DukeMTMC-reID says identity, camera and frame", () => {
  const expected = { identity: 1, camera: "2", sequence: 1, frame: 46182 };
  assert.deepEqual(parseImageName(DUKE_MTMC_REID, "0001_c2_f0046182.jpg"), expected);
  for (const name of ["0001_c2s1_046182_00.jpg", "0001_c2_f0046182.gif", "-1_c2_f0046182.jpg"]) {
    assert.equal(parseImageName(DUKE_MTMC_REID, name), undefined, name);
  }
});

Deno.test("DukeMTMC-reID is told from Market-1501 by its names; distractors keep their numbers", async () => {
  await withFiles(small, async (root) => {
    const dataset = await readDataset(root);
    assert.equal(dataset.name, "DukeMTMC-reID");
    assert.equal(dataset.timed, true);
    assert.deepEqual(dataset.train.map(({ identity, frame }) => [identity, frame]), [
      [1, 46182],
      [1, 46302],
      [5, 1],
    ]);
    assert.deepEqual(dataset.gallery.map(({ identity }) => identity), [2, 2, 3]);
    assert.deepEqual(dataset.ignored, { junk: 0, otherFiles: 1 });
    assert.deepEqual(dataset.warnings, []);
    assert.match(describeDataset(dataset), /gallery 3 images of 2 identities \(1 of them have no query\)/);
  });
});

Deno.test("files named as those of the other dataset are left out with a warning", async () => {
  const files = { ...small, query: [...small.query, "0002_c3s1_000451_03.jpg"] };
  await withFiles(files, async (root) => {
    const dataset = await readDataset(root);
    assert.equal(dataset.query.length, 2);
    assert.match(dataset.warnings[0]!, /1 files are named as those of Market-1501/);
  });
  await withFiles({ ...small, bounding_box_train: ["a.jpg"] }, async (root) => {
    assert.match(await refusal(root), /only 1 files of other names.*0001_c2_f0046182\.jpg \(DukeMTMC-reID\)/);
  });
});
