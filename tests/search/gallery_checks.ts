/** What a gallery promises, wherever its database is. */
import assert from "node:assert/strict";
import type { Database } from "../../search/database.ts";
import type { GalleryFilter } from "../../search/filter.ts";
import { Gallery } from "../../search/gallery.ts";
import { checkedFilter, knownId } from "../../search/known_values.ts";
import type { GalleryImage } from "../../search/gallery_types.ts";
import { KEPT } from "../model/drawn_thresholds.ts";
import { namedModel, nearestInF64, randomImages } from "./random_images.ts";

const D = 24;
const IMAGES = randomImages(1, 300, D);
const MODEL = namedModel(D);
const QUERY = randomImages(2, 1, D)[0].embedding;

/**
 * Checks a new database, step by step; leaves a gallery of 300 images in it.
 *
 * @param database asked for in every step.
 */
export async function checkGallery(t: Deno.TestContext, database: () => Database): Promise<void> {
  await t.step("is not there before it is made, and empty before images are added", async () => {
    await assert.rejects(Gallery.open(database()), {
      message: /There is no gallery in .* yet\. Add images/,
      remedies: [{ kind: "add-images" }],
    });
    const gallery = await Gallery.create(database(), MODEL);
    await assert.rejects(gallery.search(QUERY, { top: 3 }), /The gallery in .* is empty\. Add images/);
    assert.equal((await gallery.stats()).images, 0);
  });

  await t.step("gives back the vectors that were added, in the order of ids, page by page", async () => {
    const gallery = await Gallery.open(database(), MODEL);
    const shuffled = IMAGES.toSorted((a, b) => a.embedding[0] - b.embedding[0]);
    assert.deepEqual(await gallery.add(shuffled), { added: 300, replaced: 0 });
    const pages = await Array.fromAsync(gallery.vectors({}, 128));
    assert.deepEqual(pages.map(({ ids }) => ids.length), [128, 128, 44]);
    assert.deepEqual(pages.flatMap(({ ids }) => ids), IMAGES.map(({ id }) => id));
    assert.deepEqual(
      pages.flatMap(({ embeddings }) => [...embeddings]),
      IMAGES.flatMap((i) => [...i.embedding]),
    );
    const some = await Array.fromAsync(gallery.vectors({ camera: "2" }, 50));
    assert.deepEqual(some.map(({ ids }) => ids.length), [50, 50]);
  });

  await t.step("keeps the thresholds of its network, those that were given last", async () => {
    assert.equal((await Gallery.open(database())).model.thresholds, undefined);
    // As an earlier version made it.
    await database().query("alter table reid.gallery drop column thresholds");
    assert.equal((await Gallery.open(database())).model.thresholds, undefined);
    await Gallery.create(database(), { ...MODEL, thresholds: { ...KEPT, people: 9 } });
    await Gallery.create(database(), { ...MODEL, thresholds: KEPT });
    await Gallery.create(database(), MODEL);
    assert.deepEqual((await Gallery.open(database(), MODEL)).model, { ...MODEL, thresholds: KEPT });
    await database().query("update reid.gallery set thresholds = null");
  });

  await t.step("finds what a comparison with all images in f64 finds", async () => {
    await checkSearch(await Gallery.open(database()), {}, () => true);
  });

  const filters: [string, GalleryFilter, (image: GalleryImage) => boolean][] = [
    ["camera", { camera: "2" }, ({ camera }) => camera === "2"],
    ["other cameras", { notCamera: "2" }, ({ camera }) => camera !== "2"],
    [
      "frames",
      { after: 100, before: 900 },
      ({ frame }) => frame !== undefined && frame >= 100 && frame < 900,
    ],
    ["a date", { after: "2026-01-09T00:00" }, ({ time }) => time !== undefined && time >= "2026-01-09"],
    [
      "dates in another zone, and camera",
      { before: "2026-01-09T01:00+01:00", camera: "1" },
      ({ time, camera }) => time !== undefined && time < "2026-01-09" && camera === "1",
    ],
  ];
  for (const [what, filter, meets] of filters) {
    await t.step(`searches by ${what}`, async () => {
      await checkSearch(await Gallery.open(database()), filter, meets);
    });
  }

  await t.step("finds nothing, without an error, where no image meets a filter", async () => {
    const gallery = await Gallery.open(database());
    assert.deepEqual(await gallery.search(QUERY, { top: 3, filter: { camera: "9" } }), []);
    await assert.rejects(gallery.search(QUERY, { top: 3, filter: { after: "2026-02-30" } }), /is no moment/);
  });

  await t.step("puts the lower id first where distances are equal", async () => {
    const gallery = await Gallery.open(database());
    const twins = ["twin b", "twin a", "twin c"].map((id) => ({ id, camera: "7", embedding: QUERY }));
    await gallery.add(twins);
    const found = await gallery.search(QUERY, { top: 2 });
    assert.deepEqual(found, ["twin a", "twin b"].map((id) => ({ id, camera: "7", distance: 0 })));
    assert.equal(await gallery.remove({ camera: "7" }), 3);
  });

  await t.step("keeps images of unknown cameras where a camera is excluded, and no others", async () => {
    const gallery = await Gallery.open(database());
    await gallery.add([{ id: "unknown", embedding: QUERY }]);
    const nearest = async (filter: GalleryFilter) =>
      (await gallery.search(QUERY, { top: 1, filter, exact: true })).map(({ id }) => id);
    assert.deepEqual(await nearest({ notCamera: "2" }), ["unknown"]);
    assert.notDeepEqual(await nearest({ camera: "2" }), ["unknown"]);
    assert.notDeepEqual(await nearest({ after: 0 }), ["unknown"]);
    assert.equal(await gallery.removeIds(["unknown"]), 1);
  });

  await t.step("replaces an image by another of its id only if told to, and then whole", async () => {
    const gallery = await Gallery.open(database());
    const [, second] = IMAGES;
    const moved = { id: second.id, embedding: QUERY };
    const three = [second, moved, { ...second, id: "new" }];
    const path = "/elsewhere/1.jpg";
    for (
      const [images, message] of [
        [
          three,
          /1 of the images have ids of other images.*folder\/00001\.jpg \(now from \/crops\/1\.jpg, not vectors of another image\)/,
        ],
        [[{ ...second, path }], /not \/elsewhere\/1\.jpg\)\. None was added.* prefix .* replace/],
      ] as const
    ) {
      await assert.rejects(gallery.add(images), {
        message,
        remedies: [{ kind: "change", settings: ["idPrefix"] }, { kind: "set", settings: { replace: true } }],
      });
    }
    assert.equal((await gallery.stats()).images, 300);
    assert.deepEqual(await gallery.add([{ ...second, path: undefined }]), { added: 0, replaced: 1 });
    assert.equal((await gallery.images([second.id])).get(second.id)?.path, second.path);
    const states = await gallery.placements([
      { id: "new", path },
      { id: "other name", path: second.path },
      { id: second.id, path },
      { id: second.id, embedding: second.embedding.map((x) => x * 1.0005) },
      { id: second.id, embedding: QUERY },
    ]);
    assert.deepEqual(states.map(({ id, state }) => `${id} ${state}`), [
      "new new",
      `${second.id} same`,
      `${second.id} other`,
      `${second.id} same`,
      `${second.id} other`,
    ]);
    assert.deepEqual(await gallery.add(three, { replace: true }), { added: 1, replaced: 1 });
    assert.deepEqual((await gallery.search(QUERY, { top: 1 }))[0], { id: second.id, distance: 0 });
    assert.equal(await gallery.removeIds(["new", "nobody"]), 1);
    await gallery.add([second], { replace: true });
    assert.deepEqual((await gallery.images([second.id])).get(second.id), {
      id: second.id,
      camera: "2",
      frame: 10,
      path: "/crops/1.jpg",
    });
  });

  await t.step(
    "refuses another network, another dimension and numbers that are not finite, and stays as it was",
    async () => {
      const gallery = await Gallery.open(database());
      const other = namedModel(D, "b");
      await assert.rejects(
        Gallery.open(database(), other),
        /of another network: runs\/a \(a{12}, 24 numbers\), not runs\/b/,
      );
      await assert.rejects(Gallery.create(database(), other), /of another network/);
      await assert.rejects(
        Gallery.open(database(), { ...MODEL, flip: true }),
        { message: /without mirror images/, remedies: [{ kind: "set", settings: { testFlip: false } }] },
      );
      await assert.rejects(Gallery.create(database(), namedModel(20_000)), /too long for pgvector/);
      await assert.rejects(
        gallery.search(new Float32Array(8), { top: 1 }),
        /query's embedding has 8 numbers.* 24/,
      );
      const good = { id: "good", embedding: QUERY };
      await assert.rejects(
        gallery.add([good, { id: "short", embedding: new Float32Array(3) }]),
        /of short has 3 numbers/,
      );
      await assert.rejects(
        gallery.add([good, { id: "nan", embedding: QUERY.map(() => NaN) }]),
        /of nan .*not finite/,
      );
      await assert.rejects(
        gallery.add([good, { id: "late", time: "never", embedding: QUERY }]),
        /'never' is no moment/,
      );
      assert.equal((await gallery.stats()).images, 300);
    },
  );

  await t.step("refuses tables of another version", async () => {
    const version = (change: string) =>
      database().query(`update reid.gallery set schema_version = schema_version ${change}`);
    await version("+ 90");
    await assert.rejects(Gallery.open(database()), /tables of version 9\d, and this program reads version/);
    await version("- 90");
    await Gallery.open(database());
  });

  await t.step("takes back a transaction that fails halfway", async () => {
    const half = database().transaction(async (statements) => {
      await statements.query("delete from reid.images");
      await statements.query("select 1 / 0");
    });
    await assert.rejects(half, /refused a statement: division by zero/);
    assert.equal((await (await Gallery.open(database())).stats()).images, 300);
  });

  await t.step("takes ids and cameras as they are", async () => {
    const gallery = await Gallery.open(database());
    const id = `'); drop table reid.images; -- "<script>\\ é 人 ,{}[]`;
    await gallery.add([{ id, camera: id, embedding: QUERY }]);
    const [found] = await gallery.search(QUERY, { top: 1, filter: { camera: id } });
    assert.deepEqual(found, { id, camera: id, distance: 0 });
    assert.equal(await gallery.removeIds([id]), 1);
  });

  await t.step("counts what it holds", async () => {
    const { cameras, images, frames, times, hnsw, model } = await (await Gallery.open(database())).stats();
    assert.deepEqual(cameras, ["1", "2", "3"].map((camera) => ({ camera, images: 100 })));
    assert.deepEqual({ images, frames, times, hnsw, model }, {
      images: 300,
      frames: [0, 1490],
      times: ["2026-01-07T06:00:00Z", "2026-01-13T11:00:00Z"],
      hnsw: undefined,
      model: MODEL,
    });
  });

  await t.step("knows its cameras, ids and times, and names them where one is unknown", async () => {
    const gallery = await Gallery.open(database());
    const embedding = QUERY;
    const names = ["cam1", "cam01", "c1", "camera-1", "Cam1", "caf\u00e9"];
    const dated = { id: "dated", camera: "1", time: "2026-01-31T18:30:05.250Z", embedding };
    await gallery.add([...names.map((camera) => ({ id: `of ${camera}`, camera, embedding })), dated]);
    const known: [GalleryFilter, RegExp | GalleryFilter][] = [
      [{ camera: "1", notCamera: "Cam1" }, { camera: "1", notCamera: "Cam1" }],
      [{ camera: "cafe\u0301" }, { camera: "caf\u00e9" }],
      [{ after: 1490, before: 1 }, { after: 1490, before: 1 }],
      [{ after: "2026-01-31T18:30:05.250Z" }, { after: "2026-01-31T18:30:05.250Z" }],
      [{ camera: "CAM1" }, /by camera 'CAM1'.* are (cam1, Cam1|Cam1, cam1), /],
      [{ notCamera: "cam" }, /by camera 'cam'.* are Cam1, cam01, cam1, camera-1, c/],
      [{ camera: "" }, /by camera ''/],
      [{ after: 1491 }, /at frame 1491 or later\. The nearest frames are 1490, 1480, 1470\./],
      [{ before: 0 }, /before frame 0\. The nearest frames are 0, 10, 20\./],
      [
        { after: "20260201" },
        /at date 20260201 or later\. The nearest dates are 2026-01-31T18:30:05\.250Z, /,
      ],
      [{ before: "2020-01-01" }, /before date .* nearest dates are 2026-01-07T06:00:00\.000Z/],
      [{ after: 2 ** 60 }, /no frame number/],
    ];
    for (const [filter, expected] of known) {
      const checked = checkedFilter(database(), filter);
      if (expected instanceof RegExp) await assert.rejects(checked, { message: expected });
      else assert.deepEqual(await checked, expected);
    }
    assert.equal(await knownId(database(), ["OF CAM1", "of c1"]), "of c1");
    await assert.rejects(
      knownId(database(), ["of cam2"]),
      /has the id 'of cam2'.* are of Cam1, of cam1, of cam01/,
    );
    assert.equal(await gallery.count({ camera: "1" }), 101);
    for (const camera of names) assert.equal(await gallery.remove({ camera }), 1);
    assert.equal(await gallery.removeIds(["dated"]), 1);
  });

  await t.step("searches an HNSW index, with filters too, and exactly where that is asked for", async () => {
    const gallery = await Gallery.open(database());
    await gallery.buildIndex({ m: 8 });
    assert.equal((await gallery.stats()).hnsw, "m=8, ef_construction=64");
    await checkSearch(gallery, {}, () => true);
    await database().query("set enable_sort = off"); // In so small a table the planner would rather sort all.
    const found = await gallery.search(QUERY, { top: 10, efSearch: 300 });
    assert.deepEqual(found.map(({ id }) => id), nearestInF64(IMAGES, QUERY, 10).map(({ id }) => id));
    const few = await gallery.search(QUERY, { top: 100, efSearch: 10, filter: { camera: "3" } });
    assert.equal(few.length, 100); // More than the 10 candidates: the search went on.
    assert.ok(few.every(({ camera }) => camera === "3"));
    await database().query("reset enable_sort");
    await checkSearch(gallery, { camera: "3" }, ({ camera }) => camera === "3");
    await gallery.dropIndex();
    assert.equal((await gallery.stats()).hnsw, undefined);
  });
}

/** Holds an exact search against f64. */
async function checkSearch(gallery: Gallery, filter: GalleryFilter, meets: (image: GalleryImage) => boolean) {
  const found = await gallery.search(QUERY, { top: 12, filter, exact: true });
  const met = IMAGES.filter(meets);
  assert.equal(await gallery.count(filter), met.length); // Images at the very bounds are in or not.
  const expected = nearestInF64(met, QUERY, 12);
  assert.deepEqual(found.map(({ id }) => id), expected.map(({ id }) => id));
  for (const [i, { id, distance, ...facts }] of found.entries()) {
    assert.ok(Math.abs(distance - expected[i].distance) < 1e-5);
    const { embedding: _, ...known } = IMAGES.find((image) => image.id === id)!;
    assert.deepEqual({ id, ...facts }, known);
  }
}
