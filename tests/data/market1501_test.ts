import assert from "node:assert/strict";
import { join } from "node:path";
import { countIdentities, describeDataset } from "../../data/dataset.ts";
import { MARKET_1501 } from "../../data/layouts/market1501.ts";
import { parseImageName } from "../../data/layouts/naming.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { refusal, withFiles, writeFiles } from "./dataset_files.ts";

const small = {
  bounding_box_train: [
    "0007_c2s1_000020_01.jpg",
    "0002_c1s1_000451_03.jpg",
    "0002_c3s2_000500_00.jpg",
    "-1_c1s1_000401_03.jpg",
    "Thumbs.db",
  ],
  query: ["0001_c1s1_001051_00.jpg", "0001_c2s1_000001_00.jpg"],
  bounding_box_test: [
    "0001_c3s1_000551_00.jpg",
    "0000_c1s1_000151_01.jpg",
    "-1_c2s3_000001_02.jpg",
    "-1_c2s3_000001_03.jpg",
    "._0001_c3s1_000551_00.jpg",
    "0001_c3s1_000551.jpg",
  ],
};

Deno.test("a name of Market-1501 says identity, camera, sequence and frame", () => {
  const expected = { identity: 2, camera: "1", sequence: 6, frame: 451, track: "6" };
  assert.deepEqual(parseImageName(MARKET_1501, "0002_c1s6_000451_03.jpg"), expected);
  assert.deepEqual(parseImageName(MARKET_1501, "0002_c1s6_000451_03.JPEG"), expected);
  assert.equal(parseImageName(MARKET_1501, "-1_c1s1_000401_03.jpg")?.identity, -1);
  for (
    const name of ["-2_c1s1_000401_03.jpg", "0002_c1s1_000451_03.bmp", "a_c1s1_000451_03.jpg", "", ".jpg"]
  ) {
    assert.equal(parseImageName(MARKET_1501, name), undefined, name);
  }
});

Deno.test("Market-1501: the reader sorts, leaves out junk, keeps distractors and counts other files", async () => {
  await withFiles(small, async (root) => {
    const dataset = await readDataset(root);
    assert.deepEqual(dataset.train.map(({ identity, camera }) => [identity, camera]), [[2, 1], [2, 3], [
      7,
      2,
    ]]);
    assert.deepEqual(dataset.gallery.map((image) => image.identity), [0, 1]);
    assert.equal(dataset.query.length, 2);
    assert.equal(dataset.timed, true);
    assert.deepEqual([dataset.train[0]!.sequence, dataset.train[0]!.frame], [1, 451]);
    assert.deepEqual(dataset.ignored, { junk: 3, otherFiles: 3 });
    assert.match(dataset.warnings.join(), /^1 pictures in .* have other names .* 0001_c3s1_000551\.jpg\.$/);
    assert.equal(countIdentities(dataset.train), 2);
    assert.match(
      describeDataset(dataset),
      /^Market-1501: training 3 images of 2 identities; .* 1 distractors; 3 cameras; left out: 3 junk boxes/,
    );
    await Deno.readFile(dataset.train[0]!.path);
  });
});

Deno.test("Market-1501: the reader warns where a whole-looking dataset differs from the published counts", async () => {
  await withFiles({}, async (root) => {
    const folder = join(root, "Market-1501-v15.09.15");
    await writeFiles(folder, small);
    const [warning] = (await readDataset(folder)).warnings;
    assert.match(
      warning!,
      /2 training identities \(published: 751\), 3 training images \(published: 12936\)/,
    );
    const around = await readDataset(root);
    assert.equal(around.root, folder);
    assert.match(around.warnings[0]!, /The dataset is in Market-1501-v15\.09\.15 in /);
  });
});

Deno.test("Market-1501: the reader leaves identity 0000 out of training and query with a warning", async () => {
  const files = { ...small, bounding_box_train: [...small.bounding_box_train, "0000_c1s1_000001_00.jpg"] };
  await withFiles(files, async (root) => {
    const dataset = await readDataset(root);
    assert.equal(dataset.train.length, 3);
    assert.match(dataset.warnings[0]!, /bounding_box_train has 1 images of identity 0000/);
  });
});

Deno.test("Market-1501: the reader refuses a missing part and an empty one", async () => {
  const { query: _, ...incomplete } = small;
  await withFiles(incomplete, async (root) => {
    assert.match(
      await refusal(root),
      /but query is missing; it has bounding_box_test\/, bounding_box_train\//,
    );
  });
  await withFiles({ ...small, query: [] }, async (root) => {
    assert.match(await refusal(root), /query has no usable image: it is empty/);
  });
});

Deno.test("Market-1501: the reader refuses training folders without a usable image or with one identity only", async () => {
  await withFiles({ ...small, bounding_box_train: ["-1_c1s1_000401_03.jpg", "a.jpg"] }, async (root) => {
    assert.match(await refusal(root), /only 1 junk boxes \(identity -1\) and 1 files of other names/);
  });
  await withFiles({ ...small, bounding_box_train: ["0002_c1s1_000451_03.jpg"] }, async (root) => {
    assert.match(await refusal(root), /all show one person \(identity 2\)/);
  });
});
