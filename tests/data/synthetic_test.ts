import assert from "node:assert/strict";
import { join } from "node:path";
import { Image } from "imagescript";
import { countIdentities } from "../../data/dataset.ts";
import { DataError } from "../../data/errors.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { completeOptions, DEFAULT_SYNTHETIC, type SyntheticOptions } from "../../data/synthetic/options.ts";
import { planImages } from "../../data/synthetic/plan.ts";
import { HEIGHT, Renderer, WIDTH } from "../../data/synthetic/render.ts";
import { ensureSyntheticPeople, writeSyntheticPeople } from "../../data/synthetic/write.ts";
import { withFolder } from "../cli/run_task.ts";

const tiny: Partial<SyntheticOptions> = {
  seed: 3,
  trainIdentities: 3,
  testIdentities: 2,
  cameras: 3,
  distractors: 3,
  junk: 2,
};

/** Every file below a folder with its bytes' SHA-256. */
async function digests(folder: string, below = ""): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of Deno.readDirSync(join(folder, below))) {
    const name = join(below, entry.name);
    if (entry.isDirectory) {
      for (const [inner, digest] of await digests(folder, name)) found.set(inner, digest);
    } else {
      const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(join(folder, name)));
      found.set(name, new Uint8Array(digest).toHex());
    }
  }
  return new Map([...found].sort());
}

Deno.test("writeSyntheticPeople() writes the same bytes from the same seed, whatever the number of workers", async () => {
  await withFolder(async (folder) => {
    const seen: [number, number][] = [];
    const count = await writeSyntheticPeople(join(folder, "a"), tiny, {
      workers: 1,
      onProgress: (...progress) => seen.push(progress),
    });
    await writeSyntheticPeople(join(folder, "b"), tiny, { workers: 3 });
    await writeSyntheticPeople(join(folder, "c"), { ...tiny, seed: 4 }, { workers: 2 });
    const [a, b, c] = [
      await digests(join(folder, "a")),
      await digests(join(folder, "b")),
      await digests(join(folder, "c")),
    ];
    assert.equal(a.size, count + 1);
    assert.deepEqual(a, b);
    assert.notDeepEqual(a, c);
    assert.deepEqual(seen.at(-1), [count, count]);
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name).sort(), ["a", "b", "c"]);
  });
});

Deno.test("synthetic people are a dataset in Market-1501's layout, of JPEG images of 64 × 128 pixels", async () => {
  await withFolder(async (folder) => {
    await writeSyntheticPeople(join(folder, "people"), tiny);
    const dataset = await readDataset(join(folder, "people"));
    assert.equal(countIdentities(dataset.train), 3);
    assert.equal(countIdentities(dataset.query), 2);
    assert.equal(dataset.gallery.filter((image) => image.identity === 0).length, 3);
    assert.deepEqual(dataset.ignored, { junk: 2, otherFiles: 0 });
    assert.deepEqual(dataset.warnings, []);
    const trained = new Set(dataset.train.map((image) => image.identity));
    for (const query of dataset.query) {
      assert.ok(!trained.has(query.identity), "nobody is in both parts");
      const match = (image: typeof query) =>
        image.identity === query.identity && image.camera !== query.camera;
      assert.ok(dataset.gallery.some(match), "every query has a right match");
    }
    const image = await Image.decode(await Deno.readFile(dataset.query[0]!.path)) as Image;
    assert.deepEqual([image.width, image.height], [64, 128]);
  });
});

Deno.test("the default set of synthetic people meets its counts, and no two files have one name", () => {
  const images = planImages(DEFAULT_SYNTHETIC);
  assert.equal(new Set(images.map((image) => image.file)).size, images.length);
  const people = (folder: string) => {
    const shots = images.filter(({ file, shot }) => file.startsWith(folder) && shot.kind === "person");
    return new Set(shots.map(({ shot }) => shot.person));
  };
  const [train, query, gallery] = [
    people("bounding_box_train"),
    people("query"),
    people("bounding_box_test"),
  ];
  assert.ok(train.size >= 150 && query.size >= 60);
  assert.deepEqual(query, gallery);
  assert.ok(train.isDisjointFrom(query));
});

Deno.test("synthetic training can leave cameras out that the test part sees", () => {
  const images = planImages(completeOptions({ ...tiny, testIdentities: 20, cameras: 6, trainCameras: 4 }));
  const cameras = (folder: string) => {
    const files = images.filter(({ file }) => file.startsWith(folder));
    return [...new Set(files.map(({ shot }) => shot.camera))].sort();
  };
  assert.deepEqual(cameras("bounding_box_train"), [1, 2, 3, 4]);
  assert.deepEqual(cameras("query"), [1, 2, 3, 4, 5, 6]);
});

Deno.test("a synthetic picture depends on the seed and its shot alone", () => {
  const shot = { kind: "person", person: 12, camera: 2, index: 1 } as const;
  const options = completeOptions({ seed: 9, cameras: 3 });
  const renderer = new Renderer(options);
  renderer.render({ ...shot, camera: 1 });
  renderer.render({ ...shot, kind: "junk" });
  const picture = renderer.render(shot);
  assert.equal(picture.pixels.length, WIDTH * HEIGHT * 4);
  assert.deepEqual(new Renderer(options).render(shot), picture);
  for (const other of [{ person: 13 }, { camera: 3 }, { index: 2 }, { kind: "distractor" as const }]) {
    assert.notDeepEqual(renderer.render({ ...shot, ...other }).pixels, picture.pixels);
  }
});

Deno.test("ensureSyntheticPeople() draws once and takes neither another set nor a stale or half one for its own", async () => {
  await withFolder(async (cache) => {
    let drawn = 0;
    const settings = { workers: 1, onProgress: (done: number) => drawn = done };
    const ensure = async (options = tiny) => {
      drawn = 0;
      const folder = await ensureSyntheticPeople(cache, options, settings);
      return { folder, drew: drawn > 0 };
    };
    const first = await ensure();
    assert.equal(first.drew, true);
    assert.deepEqual(await ensure(), { folder: first.folder, drew: false });
    const other = await ensure({ ...tiny, seed: 5 });
    assert.notEqual(other.folder, first.folder);

    const marker = join(first.folder, "synthetic_people.json");
    await Deno.writeTextFile(
      marker,
      (await Deno.readTextFile(marker)).replace(/"version": \d+/, '"version": 0'),
    );
    assert.equal((await ensure()).drew, true, "drawn by another version");
    assert.equal((await ensure()).drew, false);
  });
});

Deno.test("of two that draw the same synthetic people at once, the second leaves the first one's folder alone", async () => {
  await withFolder(async (cache) => {
    const both = [1, 2].map(() => ensureSyntheticPeople(cache, tiny, { workers: 1 }));
    const made = async (folder: string) => (await Deno.stat(folder)).ino;
    const first = await made(await Promise.race(both));
    for (const folder of await Promise.all(both)) assert.equal(await made(folder), first);
    assert.equal([...Deno.readDirSync(cache)].length, 1);
  });
});

Deno.test("writeSyntheticPeople() replaces nobody's own files and leaves nothing half-made", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "thesis.txt"), "mine");
    await assert.rejects(writeSyntheticPeople(folder, tiny), (error) => {
      return error instanceof DataError && /has other files \(thesis\.txt\)/.test(error.message);
    });
    const below = join(folder, "thesis.txt", "people");
    await assert.rejects(writeSyntheticPeople(below, tiny), DataError);
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["thesis.txt"]);
  });
});

Deno.test("synthetic options out of range are refused with the range", () => {
  assert.throws(() => completeOptions({ cameras: 1 }), /cameras = 1: it must be an integer from 2 to 64/);
  assert.throws(() => completeOptions({ trainIdentities: 2.5 }), DataError);
  assert.throws(() => completeOptions({ imagesPerCamera: Number.NaN }), DataError);
  assert.throws(() => completeOptions({ cameras: 3, trainCameras: 4 }), /from 1 to 3/);
});
