import assert from "node:assert/strict";
import { join } from "node:path";
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import { DUKE_MTMC_REID } from "../../data/layouts/duke_mtmc_reid.ts";
import { MARKET_1501 } from "../../data/layouts/market1501.ts";
import { PUBLISHED as MSMT17 } from "../../data/layouts/msmt17.ts";
import { differencesFromPublished, type PublishedCounts } from "../../data/layouts/published_counts.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { refusal, withFiles, writeFiles } from "./dataset_files.ts";

const market = {
  bounding_box_train: ["0002_c1s1_000451_03.jpg", "0007_c2s1_000020_01.jpg"],
  query: ["0001_c1s1_001051_00.jpg"],
  bounding_box_test: ["0001_c3s1_000551_00.jpg"],
};

Deno.test("readDataset() refuses a folder of no known layout in one paragraph that says what was looked for", async () => {
  assert.match(await refusal("/nowhere/at/all"), /There is no folder \/nowhere\/at\/all/);
  await withFiles({}, async (root) => assert.match(await refusal(root), /no known dataset: it is empty/));
  await withFiles({ notes: ["a.txt"], ".": ["b.jpg"] }, async (root) => {
    const said = await refusal(root);
    assert.match(said, /it has b\.jpg, notes\//);
    for (const layout of ["Market-1501 or DukeMTMC-reID", "MSMT17", "custom people"]) {
      assert.ok(said.includes(layout), said);
    }
    assert.doesNotMatch(said, /\n/);
  });
  await withFiles({}, async (root) => {
    await writeFiles(join(root, "unpacked"), market);
    assert.equal((await readDataset(root)).root, join(root, "unpacked"));
    await writeFiles(join(root, "other"), market);
    await Deno.mkdir(join(root, "unfinished", "query"), { recursive: true });
    const said = await refusal(root);
    assert.match(said, /Give the folder of one: .*other \(Market-1501\) or .*unpacked \(Market-1501\)\.$/);
  });
});

Deno.test("readDataset() refuses links out of the dataset's folder, and follows those within", async () => {
  await withFiles({ elsewhere: ["0009_c1s1_000001_00.jpg"] }, async (outside) => {
    await withFiles(market, async (root) => {
      const train = join(root, "bounding_box_train");
      await Deno.symlink(join(train, "0002_c1s1_000451_03.jpg"), join(train, "0008_c1s1_000451_03.jpg"));
      assert.equal((await readDataset(root)).train.length, 3);
      const link = join(train, "0009_c1s1_000001_00.jpg");
      await Deno.symlink(join(outside, "elsewhere", "0009_c1s1_000001_00.jpg"), link);
      assert.match(await refusal(root), /0009_c1s1_000001_00\.jpg is a symbolic link that leads out of/);
      await Deno.remove(link);
      await Deno.symlink(join(outside, "elsewhere"), join(root, "more"));
      assert.match(await refusal(root), /more is a symbolic link that leads out of/);
    });
    await withFiles(market, async (root) => {
      const link = join(outside, "dataset");
      await Deno.symlink(root, link);
      assert.equal((await readDataset(link)).train.length, 2, "the dataset's own folder may be a link");
    });
  });
});

Deno.test("readDataset() refuses a dataset in which no query has a right match by another camera", async () => {
  await withFiles({ ...market, bounding_box_test: ["0001_c1s1_000551_00.jpg"] }, async (root) => {
    assert.match(await refusal(root), /None of the 1 queries .* can be scored/);
  });
});

/** `count` images of `identities` people, by cameras 1, 2, ... in turn. */
function images(count: number, identities: number, cameras: number, first = 1): PersonImage[] {
  return Array.from({ length: count }, (_, i) => ({
    path: `${i}`,
    identity: first + i % identities,
    camera: 1 + i % cameras,
    sequence: 0,
    frame: 0,
  }));
}

for (
  const [name, published] of [
    ["Market-1501", MARKET_1501.published],
    ["DukeMTMC-reID", DUKE_MTMC_REID.published],
    ["MSMT17", MSMT17],
  ] as [string, PublishedCounts][]
) {
  Deno.test(`a dataset of the published size of ${name} is no reason to warn, one of a little less is`, () => {
    const p = published;
    const distractors = images(p.distractors, 1, p.cameras, 0);
    const dataset: ReidDataset = {
      name,
      root: "/data/people",
      train: images(p.trainImages, p.trainIdentities, p.cameras),
      query: images(p.queries, p.queryIdentities, p.cameras),
      gallery: [...images(p.ranked - p.distractors, p.galleryIdentities, p.cameras), ...distractors],
      timed: false,
      ignored: { junk: p.junk, otherFiles: 0 },
      warnings: [],
    };
    assert.deepEqual(differencesFromPublished(dataset, p, /never/, p.junk), []);
    dataset.query.pop();
    const [warning] = differencesFromPublished(dataset, p, /never/, p.junk);
    assert.match(warning!, new RegExp(`: ${p.queries - 1} queries \\(published: ${p.queries}\\)\\.`));
    dataset.train.length = Math.floor(dataset.train.length / 2);
    assert.deepEqual(
      differencesFromPublished(dataset, p, /never/, p.junk),
      [],
      "half of it is another dataset",
    );
    assert.equal(differencesFromPublished(dataset, p, /people/, p.junk).length, 1, "unless it has its name");
  });
}

Deno.test("the published parts of each dataset add up to its published totals", () => {
  const totals = (
    { trainImages, queries, ranked, junk, trainIdentities, galleryIdentities }: PublishedCounts,
  ) => ({
    images: trainImages + queries + ranked + junk,
    identities: trainIdentities + galleryIdentities,
  });
  // The Market-1501 archive has 12,936 + 3,368 + 19,732 files in the three folders.
  assert.deepEqual(totals(MARKET_1501.published), { images: 36_036, identities: 1_501 });
  assert.deepEqual(totals(DUKE_MTMC_REID.published), { images: 36_411, identities: 1_812 });
  assert.deepEqual(totals(MSMT17), { images: 126_441, identities: 4_101 });
});
