import assert from "node:assert/strict";
import {
  cameraName,
  describeDataset,
  identityName,
  type PersonImage,
  type ReidDataset,
} from "../../data/dataset.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { refusal, withFiles } from "./dataset_files.ts";

// Their SHA-256 (`printf alice | sha256sum`) begins with 2, 8, 4, 6, 8: bob and eve are learned from.
const everybody = ["alice", "bob", "carol", "dave", "eve"];
const both = ["door_1.jpg", "door_2.JPEG", "yard_1.png"];

/** Each image as PERSON/CAMERA/FILE. */
const shown = (dataset: ReidDataset, images: readonly PersonImage[]) =>
  images.map(({ identity, camera, path }) =>
    `${identityName(dataset, identity)}/${cameraName(dataset, camera)}/${path.split(/[\\/]/).at(-1)}`
  );

Deno.test("custom people are divided by the hashes of their names, queries are the first of a camera", async () => {
  const folders: Record<string, string[]> = Object.fromEntries(everybody.map((name) => [name, both]));
  await withFiles({ ...folders, bob: [...both, "notes.txt", "mine.jpg", ".door_3.jpg"] }, async (root) => {
    const dataset = await readDataset(root);
    assert.equal(dataset.name, "Custom people");
    assert.equal(dataset.timed, false);
    assert.deepEqual([...dataset.names!.identity.values()], everybody);
    assert.deepEqual(
      shown(dataset, dataset.train),
      ["bob", "eve"].flatMap((name) => both.map((file) => `${name}/${file.slice(0, 4)}/${file}`)),
    );
    const tested = ["alice", "carol", "dave"];
    assert.deepEqual(
      shown(dataset, dataset.query),
      tested.flatMap((name) => [`${name}/door/door_1.jpg`, `${name}/yard/yard_1.png`]),
    );
    assert.equal(dataset.gallery.length, 9);
    assert.deepEqual(dataset.ignored, { junk: 0, otherFiles: 2 });
    assert.match(dataset.warnings.join(), /^1 images have no "_" .*mine\.jpg\.$/);
    assert.match(describeDataset(dataset), /; 2 cameras \(door, yard\); left out/);
  });
});

Deno.test("custom people stay on their side when others come", async () => {
  const people = (names: string[]) => Object.fromEntries(names.map((name) => [name, both]));
  const sides = async (root: string) => {
    const dataset = await readDataset(root);
    return new Set(dataset.train.map(({ identity }) => identityName(dataset, identity)));
  };
  await withFiles(
    people(everybody),
    async (root) => assert.deepEqual(await sides(root), new Set(["bob", "eve"])),
  );
  await withFiles(people([...everybody, "aaron", "mallory", "trent"]), async (root) => {
    const now = await sides(root);
    assert.deepEqual(everybody.filter((name) => now.has(name)), ["bob", "eve"]);
  });
});

Deno.test("custom people may be sorted into train and test, or train, query and gallery", async () => {
  const sorted = { "train/a": ["x_1.jpg"], "train/b": ["y_1.jpg"] };
  await withFiles({ ...sorted, "test/c": both, "test/d": ["door_1.jpg"] }, async (root) => {
    const dataset = await readDataset(root);
    assert.equal(dataset.train.length, 2);
    assert.deepEqual(shown(dataset, dataset.query), ["c/door/door_1.jpg", "c/yard/yard_1.png"]);
    assert.match(describeDataset(dataset), /gallery 4 images of 2 identities \(1 of them have no query\)/);
    assert.deepEqual(dataset.warnings, []);
  });
  const parts = {
    ...sorted,
    "query/c": ["door_1.jpg"],
    "gallery/c": ["yard_1.jpg"],
    "gallery/a": ["x_1.jpg"],
  };
  await withFiles({ ...parts, "gallery/empty": [] }, async (root) => {
    const dataset = await readDataset(root);
    assert.deepEqual(shown(dataset, dataset.query), ["c/door/door_1.jpg"]);
    assert.deepEqual(shown(dataset, dataset.gallery), ["a/x/x_1.jpg", "c/yard/yard_1.jpg"]);
    assert.match(dataset.warnings[0]!, /Folders without an image are left out: .*empty/);
    assert.match(dataset.warnings[1]!, /1 people are in both training and test \(a\)/);
  });
  await withFiles({ ...sorted, "query/c": both }, async (root) => {
    assert.match(await refusal(root), /has the folders train\/, query\/.*either train\/ and test\/, or/);
  });
});

Deno.test("custom people who cannot be evaluated are refused with the reason", async () => {
  const people = (files: string[], names = everybody) =>
    Object.fromEntries(names.map((name) => [name, files]));
  const bad: [Record<string, string[]>, RegExp][] = [
    [
      { photos: ["a.jpg", "b.jpg"] },
      /All 2 images in .* show one person, "photos", .*Make a folder for each person, or say/,
    ],
    [
      people(["p1_cam1_1.jpg", "p1_cam2_1.jpg"]),
      /do not say their cameras for certain: .* is "p1", which does not/,
    ],
    [
      people(["door_1.jpg"]),
      /Each of the 5 people in .* has one image\. Training and scoring compare two/,
    ],
    [
      { ...people(["1.jpg"]), bob: ["1.jpg", "2.jpg"] },
      /None of the 3 queries .* is another image of the same person, .*at least two images of each person/,
    ],
    [people(both, ["bob", "eve"]), /are all in training/],
    [people(both, ["alice", "carol"]), /are all in the test/],
    [people(both, ["alice", "bob"]), /all show one person \(identity bob\)/],
    [
      { ...people(both, ["bob", "eve"]), alice: ["door_1.jpg"] },
      /None of the 1 test people .* seen by two cameras.*\. Sort the people yourself.*, or add images by other cameras; .*: say so\.$/,
    ],
    [
      Object.fromEntries(
        everybody.map((name, i) => [name, [`${"xy"[i % 2]}_1.jpg`, `${"xy"[i % 2]}_2.jpg`]]),
      ),
      /the camera is everything before the .* Nobody in training is, either\. Add images by other cameras; or take all/,
    ],
    [{ "train/a": [], "test/b": [] }, /has no images of people: 2 folders without an image/],
    [{ "train/a": both, "test/b": [] }, /are all in training/],
    [
      { "train/a": both, "train/b": both, "query/c": ["x_1.jpg"], "gallery/c": ["x_2.jpg"] },
      /None of the 1 queries/,
    ],
  ];
  for (const [files, expected] of bad) {
    await withFiles(files, async (root) => assert.match(await refusal(root), expected));
  }
});

Deno.test("custom people whose images seem each to have a camera are taken where the user says so", async () => {
  const files = (person: string) => [1, 2, 3].map((n) => `${person}${n}_x.jpg`);
  await withFiles(Object.fromEntries(everybody.map((name) => [name, files(name)])), async (root) => {
    assert.match(await refusal(root), /"alice1", "alice2", "alice3", and 12 more, which would be 15 cameras/);
    const { warnings } = await readDataset(root, { layout: "people" });
    assert.match(warnings[0]!, /15 images by 15 cameras/);
  });
});
