import assert from "node:assert/strict";
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import { holdOutPeople } from "../../train/held_out_people.ts";
import { trainedPeople } from "../../train/trained_people.ts";

/** People from 1, with an image by each of these cameras. */
function datasetOf(people: readonly (readonly number[])[]): ReidDataset {
  const train = people.flatMap((cameras, i) =>
    cameras.map((camera, n): PersonImage => ({
      path: `/data/${i + 1}_${n}.jpg`,
      identity: i + 1,
      camera,
      sequence: 0,
      frame: 0,
    }))
  );
  const ignored = { junk: 0, otherFiles: 0 };
  return { name: "x", root: "/data", train, query: [], gallery: [], timed: false, ignored, warnings: [] };
}

const TWELVE = Array.from({ length: 12 }, () => [1, 2, 2]);
const peopleOf = (dataset: ReidDataset, images: readonly number[]) => [
  ...new Set(images.map((image) => dataset.train[image]!.identity)),
];

Deno.test("as many people as asked for are left out, all their images, by the seed", async () => {
  const dataset = datasetOf(TWELVE), usable = dataset.train.map(() => true);
  const draw = (seed: number, holdoutPeople: number) =>
    holdOutPeople(dataset, usable, { seed, holdoutPeople });
  const first = await draw(1, 4);
  assert.equal(first.persons.length, 4);
  assert.equal(first.images.length, 12);
  assert.equal(peopleOf(dataset, first.images).length, 4);
  assert.deepEqual(await draw(1, 4), first);
  assert.notDeepEqual((await draw(2, 4)).images, first.images);
  assert.deepEqual(await draw(1, 0), { persons: [], images: [] });
});

Deno.test("people of whom there is no pair by two cameras stay in training, and images that cannot be decoded count for nothing", async () => {
  const dataset = datasetOf([[1, 1, 1], [1, 2], [1, 2], [2], [1, 2]]);
  const usable = dataset.train.map(({ path }) => path !== "/data/3_1.jpg");
  const { images } = await holdOutPeople(dataset, usable, { seed: 1, holdoutPeople: 2 });
  assert.deepEqual(peopleOf(dataset, images), [2, 5]);
  const oneCamera = datasetOf([[1, 1], [1], [1, 1], [1]]);
  const alone = await holdOutPeople(oneCamera, oneCamera.train.map(() => true), {
    seed: 1,
    holdoutPeople: 2,
  });
  assert.deepEqual(peopleOf(oneCamera, alone.images), [1, 3]);
});

Deno.test("too many are refused", async () => {
  const dataset = datasetOf(TWELVE), usable = dataset.train.map(() => true);
  await assert.rejects(
    holdOutPeople(dataset, usable, { seed: 1, holdoutPeople: 11 }),
    /11 people cannot be held out .*of 12 people, 12 can be/,
  );
});

Deno.test("a run that goes on leaves out the same people, and others only whom it was not trained on", async () => {
  const before = datasetOf(TWELVE), settings = { seed: 1, holdoutPeople: 4 };
  const usable = before.train.map(() => true);
  const { persons, images } = await holdOutPeople(before, usable, settings);
  const kept = usable.map((_, image) => !images.includes(image));
  const trained = await trainedPeople(before, kept, undefined, persons);
  assert.deepEqual(trained.heldOut, persons);
  // People are added, and one of those held out is gone.
  const [gone] = peopleOf(before, images);
  const more = datasetOf([...TWELVE, [1, 2], [1, 2]]);
  const after = { ...more, train: more.train.filter(({ identity }) => identity !== gone) };
  const again = await holdOutPeople(after, after.train.map(() => true), settings, trained);
  const names = peopleOf(after, again.images);
  assert.deepEqual(
    names.filter((identity) => identity <= 12),
    peopleOf(before, images).filter((each) => each !== gone),
  );
  assert.equal(names.filter((identity) => identity > 12).length, 1);
});
