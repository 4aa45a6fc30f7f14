import assert from "node:assert/strict";
import { onlyError, runTask, withFolder } from "./run_task.ts";
import { TINY, writeTinyFolders } from "./tiny_people.ts";

Deno.test("train and evaluate take custom people, a folder for each, and call them by their names", async () => {
  await withFolder(async (folder) => {
    await writeTinyFolders(`${folder}/people`);
    const places = [`--data=${folder}/people`, `--cache=${folder}/cache`];
    const trained = await runTask("train", [...places, ...TINY, `--out=${folder}/run`]);
    assert.equal(trained.code, 0, trained.stderr);
    assert.match(trained.stdout, /^Data: .*people, recognized as Custom people$/m);
    assert.match(
      trained.stdout,
      /training \d+ images of 4 identities; query 6 images of 3 identities; .*; 2 cameras \(c1 door, c2 yard\)/,
    );
    const page = await Deno.readTextFile(`${folder}/run/report.html`);
    assert.match(page, /alt="Query door_[^"]*: identity alice, camera door"/);

    const evaluated = await runTask("evaluate", [
      `--checkpoint=${folder}/run`,
      ...places,
      "--json",
      "--camera-pairs",
    ]);
    assert.equal(evaluated.code, 0, evaluated.stderr);
    const { dataset, queries, mAP, cameraPairs } = JSON.parse(evaluated.stdout);
    const scores = JSON.parse(await Deno.readTextFile(`${folder}/run/scores.json`));
    assert.deepEqual([dataset, queries, mAP], ["Custom people", 6, scores.trained.mAP]);
    const pairs = cameraPairs.map(({ query, gallery }: Record<string, string>) => `${query} ${gallery}`);
    assert.deepEqual(pairs, ["door yard", "yard door"]);
    assert.match(page, /<th[^>]*>door<\/th>/);

    // By one camera: the folder is the same, and all names are those of phones.
    for await (const { name: person } of Deno.readDir(`${folder}/people`)) {
      const images = [...Deno.readDirSync(`${folder}/people/${person}`)].map(({ name }) => name).sort();
      await Deno.mkdir(`${folder}/phone/${person}`, { recursive: true });
      for (const [i, name] of images.entries()) {
        await Deno.copyFile(`${folder}/people/${person}/${name}`, `${folder}/phone/${person}/IMG_${i}.jpg`);
      }
    }
    const phone = [`--checkpoint=${folder}/run`, `--cache=${folder}/cache`, `--data=${folder}/phone`];
    const alone = await runTask("evaluate", phone);
    assert.match(alone.stderr, /warning: The names of the images say no camera, .*same-camera protocol/);
    assert.match(
      alone.stdout,
      /^step 4, same-camera +\d.*\ncolor histogram, same-camera .*\n(\d+) queries against \1 /m,
    );
    assert.match(alone.stdout, /^Scored by the same-camera protocol: .*Not comparable/m);
    const kinds = [...alone.stdout.matchAll(/^Same or different, (.*) pairs: /gm)].map(([, kind]) => kind);
    assert.deepEqual(kinds, ["same-camera"]);
    const pairsAlone = await runTask("evaluate", [...phone, "--camera-pairs"]);
    assert.match(
      onlyError(pairsAlone, 1),
      /needs several cameras, and one took all .*without --camera-pairs/,
    );

    const timed = await runTask("evaluate", [`--checkpoint=${folder}/run`, ...places, "--spatial-temporal"]);
    assert.match(
      onlyError(timed, 1),
      /Custom people cannot be ranked by time: .*frame.*Leave out.*--spatial-temporal/,
    );
  });
});
