/** Suspected wrong labels and people that look alike, among drawn embeddings. */
import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { alikePeople } from "../../inspect/alike_people.ts";
import { cosine, type EmbeddedPeople, rowsOfPeople } from "../../inspect/embeddings.ts";
import { wrongLabels } from "../../inspect/wrong_labels.ts";
import { toUnitLength } from "../../model/unit_length.ts";
import { seededRandom } from "../reference/seeded_random.ts";

const SIZE = 16;

/** An image: who is on it, who its label says it is, and its camera. */
interface Drawn {
  readonly shows: number;
  readonly label: number;
  readonly camera: number;
}

/** Embeddings of images: the middle of the person whom each shows, and a little noise. Images are numbered from 100. */
function draw(images: readonly Drawn[], noise = 0.15): EmbeddedPeople {
  const random = seededRandom(4);
  const centers = Array.from(
    { length: 20 },
    () => Float32Array.from({ length: SIZE }, () => random.normal()),
  );
  const values = new Float32Array(images.length * SIZE);
  for (const [row, { shows }] of images.entries()) {
    for (let c = 0; c < SIZE; c++) values[row * SIZE + c] = centers[shows]![c]! + noise * random.normal();
  }
  toUnitLength(values, SIZE);
  return {
    images: images.map((_, row) => 100 + row),
    identity: images.map(({ label }) => label),
    camera: images.map(({ camera }) => camera),
    values,
    size: SIZE,
  };
}

/** Two images by each of three cameras of the people 1 to `people`. */
const rightLabels = (people: number): Drawn[] =>
  Array.from({ length: 6 * people }, (_, i) => {
    const person = 1 + Math.floor(i / 6);
    return { shows: person, label: person, camera: 1 + i % 3 };
  });

/** The mean of the three largest. */
const ofThree = (cosines: number[]) =>
  cosines.sort((a, b) => b - a).slice(0, 3).reduce((a, b) => a + b, 0) / 3;

Deno.test("wrong labels and people that look alike", async (t) => {
  const device = await Device.open({ limits: "default" });
  try {
    await t.step("images with the label of another person have the largest margins", async () => {
      const images = rightLabels(8);
      assert.deepEqual(await wrongLabels(device, draw(images)), []);
      images[13] = { ...images[13]!, label: 7 }; // Of person 3.
      images[30] = { ...images[30]!, label: 2 }; // Of person 6.
      const people = draw(images);
      const found = await wrongLabels(device, people);
      assert.deepEqual(found.map(({ image }) => image).sort(), [113, 130]);
      const [first, second] = found.map(({ margin }) => margin);
      assert.ok(first! > second!, "the largest margin first");
      for (const { image, own, other, margin } of found) {
        const row = image - 100;
        const product = (a: number) => {
          let sum = 0;
          for (let c = 0; c < SIZE; c++) sum += people.values[row * SIZE + c]! * people.values[a * SIZE + c]!;
          return sum;
        };
        const rows = rowsOfPeople(people);
        const shown = rows.get(images[row]!.shows)!;
        const labelled = rows.get(images[row]!.label)!.filter((a) =>
          images[a]!.camera !== images[row]!.camera
        );
        assert.ok(Math.abs(margin - (ofThree(shown.map(product)) - ofThree(labelled.map(product)))) < 1e-9);
        assert.equal(product(other - 100), Math.max(...shown.map(product)));
        assert.equal(product(own - 100), Math.max(...labelled.map(product)));
      }
    });

    await t.step("a whole sequence with a wrong label does not support itself", async () => {
      const images = rightLabels(8);
      // All images by camera 1 of person 4 are said to be of person 5.
      for (const [i, image] of images.entries()) {
        if (image.shows === 4 && image.camera === 1) images[i] = { ...image, label: 5 };
      }
      const found = await wrongLabels(device, draw(images));
      assert.deepEqual(found.map(({ image }) => image).sort(), [118, 121]);
    });

    await t.step(
      "with one camera, all images of the person count; the only image of a person is not judged",
      async () => {
        const images = rightLabels(5).map((image) => ({ ...image, camera: 1 }));
        images[7] = { ...images[7]!, label: 4 };
        images.push({ shows: 3, label: 9, camera: 1 }); // So images of person 3 are suspected, and not this one.
        const people = draw(images);
        const found = await wrongLabels(device, people);
        const suspected = found.map(({ image }) => image);
        assert.ok(suspected.includes(107) && !suspected.includes(130), `${suspected}`);
        const { margin } = found.find(({ image }) => image === 107)!;
        const rows = rowsOfPeople(people);
        const of = (person: number) =>
          ofThree(rows.get(person)!.filter((row) => row !== 7).map((row) => cosine(people, 7, row)));
        assert.ok(Math.abs(margin - (of(2) - of(4))) < 1e-9);
      },
    );

    await t.step("a person under two identities is found, and nobody else", async () => {
      const images = rightLabels(8);
      assert.deepEqual(await alikePeople(device, draw(images)), []);
      const split = images.map((image, i) =>
        image.shows === 6 && i % 2 === 0 ? { ...image, label: 12 } : image
      );
      const [pair, ...others] = await alikePeople(device, draw(split));
      assert.deepEqual([pair?.first, pair?.second, others.length], [6, 12, 0]);
      const people = draw(split);
      const mean = (a: number, b: number) => {
        const rows = rowsOfPeople(people), list: number[] = [];
        for (const i of rows.get(a)!) {
          for (const j of rows.get(b)!) if (i !== j) list.push(2 - 2 * cosine(people, i, j));
        }
        return list.reduce((sum, distance) => sum + distance, 0) / list.length;
      };
      const ratio = mean(6, 12) / ((mean(6, 6) + mean(12, 12)) / 2);
      assert.ok(Math.abs(pair!.ratio - ratio) < 1e-6, `${pair!.ratio} is not ${ratio}`);
    });
  } finally {
    device.destroy();
  }
});
