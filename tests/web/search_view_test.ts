/** What the search page shows, without a browser: the order of pictures, and which of a dataset are put on the site. */
import assert from "node:assert/strict";
import type { PersonImage } from "../../data/dataset.ts";
import { chooseGallery } from "../../web/gallery_choice.ts";
import type { GalleryPicture } from "../../web/pages/search/gallery_format.ts";
import { rank } from "../../web/pages/search/ranking.ts";

Deno.test("rank() orders by distance, then index, without a known person's pictures by the same camera", () => {
  const pictures: GalleryPicture[] = [["1", "a"], ["1", "b"], ["2", "a"], [undefined, "a"], ["1", "b"]].map(
    ([person, camera]) => ({ picture: "x.jpg", person, camera: camera! }),
  );
  const distances = Float32Array.of(0, 0.5, 0.25, 0.5, 0.125);
  assert.deepEqual(rank(distances, pictures, pictures[0]), [
    { index: 4, distance: 0.125, right: true },
    { index: 2, distance: 0.25, right: false },
    { index: 1, distance: 0.5, right: true },
    { index: 3, distance: 0.5, right: false },
  ]);
  const unknown = { picture: "y.jpg", camera: "a" };
  for (const query of [undefined, unknown]) {
    const found = rank(distances, pictures, query);
    assert.deepEqual(found.map(({ index }) => index), [0, 4, 2, 1, 3]);
    assert.ok(found.every(({ right }) => right === undefined));
  }
});

Deno.test("chooseGallery() takes people whom another camera shows, all over the dataset, with all their pictures", () => {
  const image = (identity: number, camera: number, frame: number): PersonImage => (
    { path: `${identity}_${camera}_${frame}.jpg`, identity, camera, sequence: 1, frame }
  );
  const people = Array.from({ length: 10 }, (_, i) => i + 1);
  const dataset = {
    // Two queries of each person; the gallery shows the even ones by another camera, and distractors.
    query: people.flatMap((person) => [image(person, 1, 1), image(person, 1, 2)]),
    gallery: people.flatMap((person) => [image(person, 1, 3), image(person, person % 2 === 0 ? 2 : 1, 4)])
      .concat(Array.from({ length: 10 }, (_, i) => image(0, 2, i))),
  };
  const identities = (images: readonly PersonImage[]) => images.map(({ identity }) => identity);
  const whole = chooseGallery(dataset, { images: 100, queries: 99 });
  assert.deepEqual(whole.gallery, dataset.gallery);
  assert.deepEqual(identities(whole.queries), [2, 4, 6, 8, 10]);
  assert.ok(whole.queries.every(({ frame }) => frame === 1));

  const few = chooseGallery(dataset, { images: 12, queries: 2 });
  assert.deepEqual(identities(few.queries), [2, 6]);
  assert.deepEqual(few.gallery.filter(({ identity }) => identity === 2 || identity === 6).length, 4);
  assert.equal(few.gallery.length, 12);
  assert.ok(identities(few.gallery).includes(1) && identities(few.gallery).includes(0));
  assert.deepEqual(few.gallery, dataset.gallery.filter((each) => few.gallery.includes(each)));
});
