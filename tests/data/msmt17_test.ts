import assert from "node:assert/strict";
import { join } from "node:path";
import { identityName } from "../../data/dataset.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { refusal, withFiles, writeFiles } from "./dataset_files.ts";

const train = ["0000_000_01_0303morning_0015_0.jpg", "0000_001_02_0303noon_0015_0_ex.jpg"];
const other = ["0001_000_15_0113afternoon_0033_1.jpg"];
const test = ["0000_000_03_0302morning_0001_0.jpg", "0000_001_04_0302noon_0001_0.jpg"];

const lists = {
  "list_train.txt": `0000/${train[0]} 0\r\n0001/${other[0]} 1\r\n`,
  "list_val.txt": `0000/${train[1]} 0\n\n`,
  "list_query.txt": `0000/${test[0]} 0`,
  "list_gallery.txt": `0000/${test[1]} 0\n`,
};

const files = (trainFolder = "train", testFolder = "test", changed: Record<string, string> = {}) => ({
  ".": { ...lists, ...changed },
  [`${trainFolder}/0000`]: train,
  [`${trainFolder}/0001`]: other,
  [`${testFolder}/0000`]: [...test, "0000_002_04_0302noon_0009_0.jpg"],
});

for (
  const [folders, name] of [
    [["train", "test"], "MSMT17"],
    [["mask_train_v2", "mask_test_v2"], "MSMT17 (second release)"],
  ] as const
) {
  Deno.test(`${name} is read by its lists: people of training and test are other people`, async () => {
    await withFiles(files(...folders), async (root) => {
      const dataset = await readDataset(root);
      assert.equal(dataset.name, name);
      assert.equal(dataset.timed, false);
      assert.deepEqual(dataset.train.map(({ identity, camera }) => [identity, camera]), [[2, 1], [2, 2], [
        3,
        15,
      ]]);
      assert.deepEqual(dataset.train[0]!.path, join(root, folders[0], "0000", train[0]!));
      assert.deepEqual([...dataset.query, ...dataset.gallery].map(({ identity }) => identity), [1, 1]);
      assert.deepEqual([1, 2, 3].map((identity) => identityName(dataset, identity)), [
        "test/0000",
        "train/0000",
        "train/0001",
      ]);
      assert.deepEqual(dataset.ignored, { junk: 0, otherFiles: 1 });
      assert.deepEqual(dataset.warnings, []);
    });
  });
}

Deno.test("MSMT17 without its validation list is read, and warned about where it looks whole", async () => {
  await withFiles({}, async (root) => {
    const folder = join(root, "MSMT17_V1");
    await writeFiles(folder, files());
    await Deno.remove(join(folder, "list_val.txt"));
    const { train, warnings } = await readDataset(folder);
    assert.equal(train.length, 2);
    assert.match(
      warnings[0]!,
      /2 training images \(published: 32621\).*, 4 cameras \(published: 15\)/,
    );
  });
});

Deno.test("MSMT17 is refused where something is missing, empty, twice there, or outside", async () => {
  const bad: [Record<string, string>, RegExp][] = [
    [{ "list_query.txt": "" }, /list_query\.txt names no image/],
    [{ "list_query.txt": `0000/${test[0]}` }, /list_query\.txt, line 1 is not a line of MSMT17/],
    [{ "list_query.txt": `\n../0000/${test[0]} 0` }, /list_query\.txt, line 2 is not a line of MSMT17/],
    [{ "list_query.txt": `../${test[0]} 0` }, /line 1 is not a line of MSMT17/],
    [{ "list_query.txt": `/0000/${test[0]} 0` }, /line 1 is not a line of MSMT17/],
    [{ "list_query.txt": `0000/0000.jpg 0` }, /line 1 is not a line of MSMT17/],
    [{ "list_query.txt": `0000/${test[0]} 0\n0000/${test[0]} 0` }, /line 2 names .*as does .*line 1/],
    [
      { "list_gallery.txt": lists["list_query.txt"] },
      /list_gallery\.txt, line 1 names .*list_query\.txt, line 1/,
    ],
    [{ "list_val.txt": lists["list_train.txt"] }, /list_val\.txt, line 1 names .*list_train\.txt, line 1/],
    [{ "list_query.txt": `0009/${test[0]} 0` }, /1 of the 1 images that .* names are not in .*test: 0009\//],
  ];
  for (const [changed, expected] of bad) {
    await withFiles(
      files("train", "test", changed),
      async (root) => assert.match(await refusal(root), expected),
    );
  }
  await withFiles(files("train", "elsewhere"), async (root) => {
    await Deno.remove(join(root, "list_gallery.txt"));
    assert.match(await refusal(root), /laid out as MSMT17, but list_gallery\.txt and test are missing/);
  });
});
