import assert from "node:assert/strict";
import { cameraName, identityName } from "../../data/dataset.ts";
import { joinDatasets, partsOfDataset } from "../../data/joined_datasets.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { holdOutPeople } from "../../train/held_out_people.ts";
import { knownPeople, resumeNotes, testPeopleNote, trainedPeople } from "../../train/trained_people.ts";
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

Deno.test("people are the same ones in a joined dataset as alone", async () => {
  await withFiles({
    ...MARKET,
    ...OWN,
    "more/train/b": ["gate_1.jpg", "door_1.jpg"],
    "more/train/c": ["gate_1.jpg"],
    "more/test/1": ["gate_1.jpg", "door_1.jpg"],
  }, async (root) => {
    const market = await readDataset(`${root}/market`), own = await readDataset(`${root}/own`);
    const joined = joinDatasets([{ name: "market", dataset: market }, { name: "own", dataset: own }]);
    const all = (dataset: typeof joined) => trainedPeople(dataset, dataset.train.map(() => true));
    const [ofMarket, ofOwn, ofBoth] = [await all(market), await all(own), await all(joined)];
    assert.deepEqual(ofBoth.persons, [...ofMarket.persons, ...ofOwn.persons]);
    for (const part of [market, own]) {
      assert.deepEqual(await knownPeople(part, part.train, ofBoth), {
        known: part === market ? [2, 7] : [2, 3],
        all: 2,
      });
    }
    assert.match(resumeNotes("step-1", ofBoth, ofMarket, false).join(), /of the 2 .* 2 are among them/);
    const swapped = { ...joined, query: joined.train, gallery: joined.train };
    assert.match(await testPeopleNote(swapped, ofOwn) ?? "", /^2 of the 4 .*\(own:2, own:b\)/);
    // People who are called b in two datasets may be one.
    const named = joinDatasets([{ name: "own", dataset: own }, {
      name: "more",
      dataset: await readDataset(`${root}/more`, { layout: "people" }),
    }]);
    assert.match(
      resumeNotes("step-1", await all(named), ofOwn, false).join(),
      /on 4 people, and of the 2 .* 2 are/,
    );
  });
});

Deno.test("people of the same name in two datasets are held out together", async () => {
  const files = Object.fromEntries(
    ["a", "b", "c", "d", "e"].flatMap((person) =>
      ["one", "two"].map((name) => [`${name}/train/${person}`, ["x_1.jpg", "y_1.jpg"]])
    ),
  );
  await withFiles(
    { ...files, "one/test/f": ["x_1.jpg", "y_1.jpg"], "two/test/f": ["x_1.jpg", "y_1.jpg"] },
    async (root) => {
      const joined = joinDatasets([
        { name: "one", dataset: await readDataset(`${root}/one`) },
        { name: "two", dataset: await readDataset(`${root}/two`) },
      ]);
      const usable = joined.train.map(() => true);
      const { persons, images } = await holdOutPeople(joined, usable, { seed: 1, holdoutPeople: 2 });
      assert.deepEqual([persons.length, images.length], [2, 8]);
      for (const seed of [1, 2, 3, 4]) {
        const drawn = await holdOutPeople(joined, usable, { seed, holdoutPeople: 3 });
        assert.deepEqual([new Set(drawn.persons).size, drawn.images.length], [3, 12]);
      }
      const trained = await trainedPeople(
        joined,
        usable.map((_, image) => !images.includes(image)),
        undefined,
        persons,
      );
      assert.ok(trained.persons.length === 6 && !persons.some((person) => trained.persons.includes(person)));
      assert.deepEqual(
        (await holdOutPeople(joined, usable, { seed: 1, holdoutPeople: 2 }, trained)).images,
        images,
      );
    },
  );
});
