/** Real processes that work in one folder at the same time: each must get what is right, and leave what is whole. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readDataset } from "../data/read_dataset.ts";
import { writeSyntheticPeople } from "../data/synthetic/write.ts";
import { readConfig } from "../train/run_folder.ts";
import { atOnce } from "./at_once.ts";
import { withFolder } from "./cli/run_task.ts";
import { CONFIG, digestOfFolder, digestOfPixels, writeSet } from "./concurrency_process.ts";

const FEW = { trainIdentities: 8, testIdentities: 1, cameras: 2, trainCameras: 2, distractors: 0, junk: 0 };

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("of runs that start in one folder at the same time, one is let in", () =>
  withFolder(async (folder) => {
    const rounds = Array.from({ length: 5 }, (_, i) => join(folder, `run-${i}`));
    const answers = await atOnce(Array.from({ length: 3 }, () => ({ kind: "run", folders: rounds })));
    for (const [i, run] of rounds.entries()) {
      const each = answers.map((lines) => lines[i]);
      assert.equal(each.filter((line) => line === "let in").length, 1, each.join("; "));
      assert.equal(each.filter((line) => /^refused: .*(Another process|is not empty)/.test(line)).length, 2);
      assert.deepEqual(await readConfig(run), CONFIG);
    }
  }));

Deno.test("runs that decode into one cache at the same time, for two sizes, all read their own pixels", () =>
  withFolder(async (folder) => {
    const people = join(folder, "people");
    await writeSyntheticPeople(people, FEW, { workers: 1 });
    const { train } = await readDataset(people);
    const [small, large] = [{ height: 32, width: 16 }, { height: 40, width: 20 }];
    const right = await Promise.all([small, large].map((size) => digestOfPixels(train, size)));
    assert.notEqual(right[0], right[1]);
    const caches = Array.from({ length: 4 }, (_, i) => join(folder, "cache", `${i}.pixels`));
    await Deno.mkdir(join(folder, "cache"));
    await Deno.writeTextFile(caches[3], "this is no cache");
    const sizes = [small, large, small, large];
    const answers = await atOnce(sizes.map((size) => ({ kind: "pixels", people, size, caches })));
    answers.forEach((lines, i) => assert.deepEqual(lines, caches.map(() => right[i % 2]), `process ${i}`));
    assert.deepEqual(names(join(folder, "cache")), ["0.pixels", "1.pixels", "2.pixels", "3.pixels"]);
  }));

Deno.test("sets of people that are put into one place at the same time come and go whole, and one stays", () =>
  withFolder(async (folder) => {
    const right = await Promise.all([1, 2].map(async (seed) => {
      await writeSet(join(folder, `${seed}`), seed);
      return await digestOfFolder(join(folder, `${seed}`));
    }));
    const shared = join(folder, "shared");
    await Deno.mkdir(shared);
    const place = join(shared, "people");
    const rounds = 100;
    const answers = await atOnce([1, 2, 2].map((seed) => ({ kind: "people", seed, folder: place, rounds })));
    for (const lines of answers) assert.deepEqual(lines, new Array(rounds).fill("put"));
    assert.deepEqual(names(shared), ["people"]);
    assert.ok(right.includes(await digestOfFolder(place)));
  }));

Deno.test("runs that tune into one cache at the same time lose nothing of each other's", () =>
  withFolder(async (folder) => {
    const cache = join(folder, "kernels");
    const rows = [100, 200, 300].map((first) => Array.from({ length: 6 }, (_, i) => first + i));
    const answers = await atOnce(rows.map((rows) => ({ kind: "variants", rows, cache })));
    const files = names(cache).filter((name) => name.endsWith(".json"));
    assert.equal(files.length, 1, names(cache).join());
    const kept = JSON.parse(await Deno.readTextFile(join(cache, files[0])));
    assert.equal(Object.keys(kept).length, 18);
    // A key is the work, which the processes print, and a hash of what its variants compile.
    const choices = Object.entries(kept).map(([key, choice]) =>
      `${key.replace(/ [0-9a-f]{16}$/, "")} ${choice}`
    );
    assert.deepEqual(choices.sort(), answers.flat().sort());
  }));
