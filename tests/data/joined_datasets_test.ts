import assert from "node:assert/strict";
import { cameraName, identityName } from "../../data/dataset.ts";
import { joinDatasets, partsOfDataset } from "../../data/joined_datasets.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { testPeopleNote, trainedPeople } from "../../train/trained_people.ts";
import { withFiles } from "./dataset_files.ts";

const MARKET = {
  "market/bounding_box_train": ["0002_c1s1_000451_03.jpg", "0007_c2s1_000020_01.jpg"],
  "market/query": ["0001_c1s1_001051_00.jpg"],
  "market/bounding_box_test": ["0000_c1s1_000151_01.jpg", "0001_c3s1_000551_00.jpg"],
};
const OWN = {
  "own/train/2": ["door_1.jpg", "yard_1.jpg"],
  "own/train/b": ["door_1.jpg"],
  "own/test/1": ["door_1.jpg", "yard_1.jpg"],
};

Deno.test("joined datasets keep people and cameras apart, and their tests", async () => {
  await withFiles({ ...MARKET, ...OWN }, async (root) => {
    const market = await readDataset(`${root}/market`), own = await readDataset(`${root}/own`);
    const joined = joinDatasets([{ name: "market", dataset: market }, { name: "own", dataset: own }]);
    const list = (part: "train" | "query" | "gallery") =>
      joined[part].map(({ identity, camera }) =>
        identity === 0 ? "distractor" : `${identityName(joined, identity)} ${cameraName(joined, camera)}`
      );
    assert.deepEqual(list("train"), [
      "market:2 market:1",
      "market:7 market:2",
      "own:2 own:door",
      "own:2 own:yard",
      "own:b own:door",
    ]);
    assert.deepEqual(list("gallery"), [
      "distractor",
      "market:1 market:3",
      "own:1 own:door",
      "own:1 own:yard",
    ]);
    assert.equal(new Set(joined.train.map(({ identity }) => identity)).size, 4);
    assert.deepEqual(partsOfDataset(joined), [market, own]);
    assert.deepEqual(partsOfDataset(own), [own]);

    const people = await trainedPeople(joined, joined.train.map(() => true));
    assert.equal(new Set(people.persons).size, 4);
    assert.equal(await testPeopleNote(joined, people), undefined);
    await Deno.rename(`${root}/own`, `${root}/elsewhere`);
    const moved = joinDatasets([
      { name: "market", dataset: market },
      { name: "own", dataset: await readDataset(`${root}/elsewhere`) },
    ]);
    assert.deepEqual(await trainedPeople(moved, moved.train.map(() => true)), people);
    const fewer = await trainedPeople(moved, moved.train.map((_, i) => i !== 3));
    assert.notEqual(fewer.images, people.images);
  });
});
