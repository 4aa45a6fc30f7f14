import assert from "node:assert/strict";
import { join } from "node:path";
import { countIdentities, describeDataset } from "../../data/dataset.ts";
import { DataError } from "../../data/errors.ts";
import { parseMarket1501Name, readMarket1501 } from "../../data/market1501.ts";

/** Makes a folder with empty files of the given names, hands it over and removes it. */
async function withFiles(
  files: Record<string, string[]>,
  use: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const [folder, names] of Object.entries(files)) {
      await Deno.mkdir(join(root, folder), { recursive: true });
      for (const name of names) await Deno.writeTextFile(join(root, folder, name), "");
    }
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

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

async function refusal(root: string): Promise<string> {
  let message = "";
  await assert.rejects(readMarket1501(root), (error) => {
    assert.ok(error instanceof DataError);
    message = error.message;
    return true;
  });
  return message;
}

Deno.test("parseMarket1501Name() reads identity, camera, sequence, frame and box", () => {
  const expected = { identity: 2, camera: 1, sequence: 6, frame: 451, box: 3 };
  assert.deepEqual(parseMarket1501Name("0002_c1s6_000451_03.jpg"), expected);
  assert.deepEqual(parseMarket1501Name("0002_c1s6_000451_03.JPEG"), expected);
  assert.equal(parseMarket1501Name("-1_c1s1_000401_03.jpg")?.identity, -1);
  for (
    const name of ["-2_c1s1_000401_03.jpg", "0002_c1s1_000451_03.png", "a_c1s1_000451_03.jpg", "", ".jpg"]
  ) {
    assert.equal(parseMarket1501Name(name), undefined, name);
  }
});

Deno.test("readMarket1501() sorts, leaves out junk, keeps distractors and counts other files", async () => {
  await withFiles(small, async (root) => {
    const dataset = await readMarket1501(root);
    assert.deepEqual(dataset.train.map(({ identity, camera }) => [identity, camera]), [[2, 1], [2, 3], [
      7,
      2,
    ]]);
    assert.deepEqual(dataset.gallery.map((image) => image.identity), [0, 1]);
    assert.equal(dataset.query.length, 2);
    assert.deepEqual(dataset.ignored, { junk: 3, otherFiles: 3 });
    assert.deepEqual(dataset.warnings, []);
    assert.equal(countIdentities(dataset.train), 2);
    assert.match(
      describeDataset(dataset),
      /3 images of 2 identities; .* 1 distractors; left out: 3 junk boxes/,
    );
    await Deno.readFile(dataset.train[0]!.path);
  });
});

Deno.test("readMarket1501() warns where a whole-looking dataset differs from the published counts", async () => {
  await withFiles({}, async (root) => {
    const folder = join(root, "Market-1501-v15.09.15");
    for (const [part, names] of Object.entries(small)) {
      await Deno.mkdir(join(folder, part), { recursive: true });
      for (const name of names) await Deno.writeTextFile(join(folder, part, name), "");
    }
    const [warning] = (await readMarket1501(folder)).warnings;
    assert.match(
      warning!,
      /2 training identities \(published: 751\), 3 training images \(published: 12936\)/,
    );
    assert.match(await refusal(root), /one folder further down: give .*Market-1501-v15\.09\.15/);
  });
});

Deno.test("readMarket1501() leaves identity 0000 out of training and query with a warning", async () => {
  const files = { ...small, bounding_box_train: [...small.bounding_box_train, "0000_c1s1_000001_00.jpg"] };
  await withFiles(files, async (root) => {
    const dataset = await readMarket1501(root);
    assert.equal(dataset.train.length, 3);
    assert.match(dataset.warnings[0]!, /bounding_box_train has 1 images of identity 0000/);
  });
});

Deno.test("readMarket1501() refuses a missing folder, an empty one and one of another layout", async () => {
  assert.match(await refusal("/nowhere/at/all"), /There is no folder \/nowhere\/at\/all/);
  await withFiles({}, async (root) => assert.match(await refusal(root), /missing; it is empty/));
  await withFiles(
    { photos: ["a.jpg"] },
    async (root) => assert.match(await refusal(root), /it has photos\//),
  );
  await withFiles({ ...small, query: [] }, async (root) => {
    assert.match(await refusal(root), /query has no usable image: it is empty/);
  });
});

Deno.test("readMarket1501() refuses training folders without a usable image or with one identity only", async () => {
  await withFiles({ ...small, bounding_box_train: ["-1_c1s1_000401_03.jpg", "a.jpg"] }, async (root) => {
    assert.match(await refusal(root), /only 1 junk boxes \(identity -1\) and 1 files of other names/);
  });
  await withFiles({ ...small, bounding_box_train: ["0002_c1s1_000451_03.jpg"] }, async (root) => {
    assert.match(await refusal(root), /all show one person \(identity 2\)/);
  });
});
