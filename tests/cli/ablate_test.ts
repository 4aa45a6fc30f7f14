import assert from "node:assert/strict";
import type { StoredCell } from "../../train/ablation/cell_files.ts";
import { parseAblateFlags } from "../../cli/ablate/flags.ts";
import { exists, onlyError, runTask, withFolder } from "./run_task.ts";
import { writeTinyPeople } from "./tiny_people.ts";

const BASE =
  "--base=--image-height 32 --image-width 32 --width 0.02 --p 2 --k 2 --batch-size 4 --triplets 2 --shift 1";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const read = async (path: string): Promise<StoredCell> => JSON.parse(await Deno.readTextFile(path));

/** Columns of the table's row of this name. */
async function tableRow(out: string, name: string): Promise<string[]> {
  const lines = (await Deno.readTextFile(`${out}/table.md`)).split("\n");
  const line = lines.find((line) => line.startsWith(`| ${name}`));
  assert.ok(line !== undefined, lines.join("\n"));
  return line.split("|").slice(1, -1).map((text) => text.trim());
}

/** Mean and sample standard deviation of shares, as the table writes them. */
function written(values: number[]): string {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return `${(100 * mean).toFixed(1)} ± ${(100 * Math.sqrt(variance)).toFixed(1)}`;
}

Deno.test("ablate goes on where it was stopped, and does again what other settings or other code have made", async (t) => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const out = `${folder}/out`, cells = `${out}/cells`;
    const places = [`--data=${folder}/people`, `--cache=${folder}/cache`, `--out=${out}`, "--jobs=1", BASE];
    const small = [...places, "--only=hard,+ flip", "--steps=4"];
    let first: string, made: StoredCell;

    await t.step("stopped within the second run, it has kept the first", async () => {
      let watch: ReturnType<typeof setInterval> | undefined;
      const { code, stderr } = await runTask("ablate", [...small, "--seeds=1,2"], {
        onOutput: (_, child) => {
          watch ??= setInterval(() => {
            if (!exists(cells) || !names(cells).some((name) => name.endsWith(".json"))) return;
            clearInterval(watch);
            child.kill("SIGTERM");
          }, 20);
        },
      }).finally(() => clearInterval(watch));
      assert.equal(code, 130, stderr);
      assert.match(stderr, /Stopped: 1 of 2 runs are kept in .*; the same command goes on/);
      assert.equal(names(cells).length, 1, "two rows that differ in scoring alone share a run");
      first = `${cells}/${names(cells)[0]}`;
      made = await read(first);
      assert.deepEqual([made.options.seed, made.options.precision], [1, "f32"]);
    });

    await t.step("it goes on, and the table has the numbers of the runs", async () => {
      const before = await Deno.stat(first);
      const { code, stdout, stderr } = await runTask("ablate", [...small, "--seeds=1,2"]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^2 runs for 2 rows and 2 seeds, 1 of them finished before/m);
      assert.equal((await Deno.stat(first)).mtime!.getTime(), before.mtime!.getTime());
      assert.deepEqual(names(out), ["ablation.html", "cells", "mAP.svg", "rank-1.svg", "table.md"]);
      const results = await Promise.all(names(cells).map((name) => read(`${cells}/${name}`)));
      assert.deepEqual(results.map(({ options }) => options.seed), [1, 2]);
      assert.deepEqual(results.map(({ result }) => [result.steps, result.images]), [[4, 16], [4, 16]]);
      const column = (way: "plain" | "flip", score: "rank1" | "mAP") =>
        written(results.map(({ result }) => result.scores[way]["seen cameras"]![score]));
      const base = await tableRow(out, "hard (base)"), flip = await tableRow(out, "+ flip at test");
      assert.deepEqual(base.slice(2, 5), [column("plain", "rank1"), column("plain", "mAP"), ""]);
      assert.deepEqual(flip.slice(2, 4), [column("flip", "rank1"), column("flip", "mAP")]);
    });

    await t.step(
      "a run by other code is done again, with the same scores, unless that is taken too",
      async () => {
        await Deno.writeTextFile(first, JSON.stringify({ ...made, code: "other" }));
        const any = await runTask("ablate", [...small, "--seeds=1", "--any-code"]);
        assert.equal(any.code, 0, any.stderr);
        assert.match(any.stdout, /1 of 1 runs were made by another version of the program's code/);
        assert.equal((await read(first)).code, "other");
        const again = await runTask("ablate", [...small, "--seeds=1"]);
        assert.match(again.stdout, /, 0 of them finished before/);
        const { code, result } = await read(first);
        assert.equal(code, made.code);
        assert.deepEqual(result.scores, made.result.scores);
      },
    );

    await t.step("another setting is another run", async () => {
      const { code, stdout } = await runTask("ablate", [...places, "--only=hard", "--seeds=1", "--steps=8"]);
      assert.equal(code, 0);
      assert.match(stdout, /^1 runs for 1 rows and 1 seeds, 0 of them finished before/m);
      assert.equal(names(cells).length, 3);
    });
  });
});

Deno.test("ablate refuses, before any work, rows, seeds, steps and settings that there are not", async () => {
  const refused = async (...args: string[]) => onlyError(await runTask("ablate", args), 2);
  assert.match(
    await refused("--only=hexagon"),
    /no row is called 'hexagon'; choose from hard \(base\); basic;/,
  );
  assert.match(await refused("--seeds=1,1"), /different whole numbers/);
  assert.match(await refused("--steps=10"), /multiple of 4/);
  assert.match(await refused("--base=--lr 0.1 --epochs 8"), /--base cannot hold --epochs 8: .* --steps/);
  assert.match(await refused("--base=--widht 1"), /Unknown flag --widht; did you mean --width\?/);
});

Deno.test("what --base says counts in every row, whatever the defaults of the row's loss", () => {
  const { rows, optionsOf } = parseAblateFlags(["--base=--lr 0.002 --id-loss 0.5", "--only=hard,basic,semi"]);
  assert.deepEqual(rows.map(({ name }) => name), ["hard (base)", "basic", "semi-hard"]);
  for (const row of rows) {
    const { learningRate, idLoss } = optionsOf(row, 1);
    assert.deepEqual([learningRate, idLoss], [0.002, 0.5], row.name);
  }
});
