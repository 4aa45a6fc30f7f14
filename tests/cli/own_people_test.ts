import assert from "node:assert/strict";
import { onlyError, runTask, withFolder } from "./run_task.ts";
import { TINY, writeTinyFolders } from "./tiny_people.ts";

/** Copies people's folders, with names as phones give them: they say no camera. */
async function copyAsPhotos(people: string, photos: string): Promise<void> {
  for await (const { name: person } of Deno.readDir(people)) {
    const images = [...Deno.readDirSync(`${people}/${person}`)].map(({ name }) => name).sort();
    await Deno.mkdir(`${photos}/${person}`, { recursive: true });
    for (const [i, name] of images.entries()) {
      await Deno.copyFile(`${people}/${person}/${name}`, `${photos}/${person}/IMG_${i}.jpg`);
    }
  }
}

Deno.test("train and evaluate take folders of people, by two cameras and by one, together and each alone", async () => {
  await withFolder(async (folder) => {
    const people = `${folder}/people`, photos = `${folder}/photos`, run = `${folder}/run`;
    await writeTinyFolders(people);
    await copyAsPhotos(people, photos);
    const cache = `--cache=${folder}/cache`;
    const trained = await runTask("train", [cache, "--data", people, photos, ...TINY, `--out=${run}`]);
    assert.equal(trained.code, 0, trained.stderr);
    assert.match(trained.stdout, /^Data: .*people, recognized as Custom people$/m);
    assert.match(
      trained.stdout,
      /training \d+ images of 4 identities; query 6 images of 3 identities; .*; 2 cameras \(door, yard\)/,
    );
    assert.match(
      trained.stdout,
      /^Together people \+ photos: training \d+ images of 8 .*; 3 cameras \(people:door, people:yard, photos:u/m,
    );
    assert.match(trained.stderr, /warning: Nothing says the cameras of the images, .*same-camera protocol/);
    assert.match(trained.stdout, /^trained, people .*\nuntrained, people .*\ncolor histogram, people /m);
    assert.match(
      trained.stdout,
      /^trained, photos, same-camera .*\n.*\ncolor .*\n(\d+) queries against \1 gallery/m,
    );
    assert.match(trained.stdout, /^Scored by the same-camera protocol: .*Not comparable/m);
    const kinds = [...trained.stdout.matchAll(/^Same or different, (.*) pairs: /gm)].map(([, kind]) => kind);
    assert.deepEqual(kinds, ["cross-camera", "same-camera", "same-camera"]);
    const page = await Deno.readTextFile(`${run}/tests/people/report.html`);
    assert.match(page, /alt="Query door_[^"]*: identity alice, camera door"/);
    assert.match(page, /<th[^>]*>door<\/th>/);
    const photosPage = await Deno.readTextFile(`${run}/tests/photos/report.html`);
    assert.match(photosPage, /<h1>hard on Custom people, photos, same-camera<\/h1>/);
    const scores = JSON.parse(await Deno.readTextFile(`${run}/tests/people/scores.json`));
    const photosScores = JSON.parse(await Deno.readTextFile(`${run}/tests/photos/scores.json`));
    assert.deepEqual([scores.trained.protocol, photosScores.trained.protocol], [
      "Market-1501",
      "same-camera",
    ]);

    const evaluate = (...args: string[]) => runTask("evaluate", [`--checkpoint=${run}`, cache, ...args]);
    const both = await evaluate("--json");
    assert.equal(both.code, 0, both.stderr);
    const { datasets } = JSON.parse(both.stdout);
    assert.deepEqual(Object.keys(datasets), ["people", "photos"]);
    assert.equal(datasets.people.mAP, scores.trained.mAP);
    assert.deepEqual([datasets.photos.mAP, datasets.photos.protocol], [
      photosScores.trained.mAP,
      "same-camera",
    ]);

    const alone = await evaluate("--data", people, "--json", "--camera-pairs");
    const { dataset, queries, mAP, cameraPairs } = JSON.parse(alone.stdout);
    assert.deepEqual([dataset, queries, mAP], ["Custom people", 6, scores.trained.mAP]);
    const pairs = cameraPairs.map(({ query, gallery }: Record<string, string>) => `${query} ${gallery}`);
    assert.deepEqual(pairs, ["door yard", "yard door"]);

    assert.match(
      onlyError(await evaluate("--data", people, "--spatial-temporal"), 1),
      /Custom people cannot be ranked by time: .*frame.*Leave out.*--spatial-temporal/,
    );
    assert.match(
      onlyError(await evaluate("--data", people, photos, "--camera-pairs"), 1),
      /needs several cameras, and one took all .*without --camera-pairs/,
    );
    assert.match(onlyError(await evaluate("--data", people, people), 2), /--data names .*people twice/);
  });
});
