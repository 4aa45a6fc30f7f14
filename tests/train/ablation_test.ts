import assert from "node:assert/strict";
import type { ReidDataset } from "../../data/dataset.ts";
import type { CellResult, CellScores, ScoresByGroup } from "../../train/ablation/cell.ts";
import { cellName, datasetDigest, readCell, writeCell } from "../../train/ablation/cell_files.ts";
import { ablationPlot } from "../../train/ablation/plots.ts";
import { type AblationRow, spread, summarize } from "../../train/ablation/summary.ts";
import { ablationTable } from "../../train/ablation/table.ts";
import { TINY_OPTIONS } from "./tiny_run.ts";

const scores = (mAP: number): CellScores => ({ rank1: mAP + 0.1, mAP, mINP: 0.1, queries: 10, gallery: 20 });

/** A result whose mAP is `seen` and `unseen`, and a tenth more with any other way of scoring. */
function cell(seen: number, unseen: number): CellResult {
  const groups = (more: number): ScoresByGroup => ({
    "seen cameras": scores(seen + more),
    "unseen cameras": scores(unseen + more),
  });
  return {
    steps: 4,
    images: 128,
    trainSeconds: 1,
    wallSeconds: 10 + 10 * seen,
    cpuSeconds: 20,
    finalLoss: 0.3,
    adapter: "test adapter",
    scores: {
      plain: groups(0),
      flip: groups(0.1),
      rerank: groups(0.1),
      rerankFew: groups(0.1),
      flipRerankFew: groups(0.1),
    },
  };
}

const row = (name: string, scoring: AblationRow["scoring"], ...cells: CellResult[]): AblationRow => ({
  name,
  change: "`--x | y`",
  source: "Somebody 2020",
  scoring,
  cells,
});

const ROWS = [
  row("base", "plain", cell(0.2, 0.1), cell(0.26, 0.16), cell(0.23, 0.13)),
  row("better", "plain", cell(0.5, 0.4)),
  row("flip", "flip", cell(0.2, 0.1), cell(0.26, 0.16), cell(0.23, 0.13)),
  row("waiting", "plain"),
];

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

Deno.test("an ablation's rows are means and sample deviations over seeds, and gains over the first row", () => {
  const summary = summarize(ROWS);
  assert.deepEqual(summary.map(({ name, seeds }) => [name, seeds]), [["base", 3], ["better", 1], [
    "flip",
    3,
  ]]);
  const [base, better, flip] = summary.map(({ groups }) => groups.get("seen cameras")!);
  near(base!.mAP.mean, 0.23);
  near(base!.mAP.deviation, 0.03); // √((0.03² + 0.03² + 0) / 2)
  near(base!.rank1.mean, 0.33);
  near(base!.gain, 0);
  near(better!.gain, 0.27);
  assert.ok(Number.isNaN(better!.mAP.deviation));
  near(flip!.gain, 0.1);
  near(summary[2]!.groups.get("unseen cameras")!.mAP.mean, 0.23);
  near(summary[0]!.wallSeconds, 12.3);
  assert.deepEqual(spread([1, 3]).values, [1, 3]);
});

Deno.test("an ablation's table has a line for every row with a finished run", () => {
  const table = ablationTable(summarize(ROWS), {
    data: "people",
    steps: 4,
    seeds: [1, 2, 3],
    flags: "--p 2",
    adapter: "test adapter",
    notes: ["A note."],
  });
  const lines = table.split("\n").filter((line) => line.startsWith("|"));
  assert.equal(lines.length, 5);
  const cells = lines.map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((text) => text.trim()));
  assert.deepEqual(cells[2]!.slice(0, 8), [
    "base",
    "`--x \\| y`",
    "33.0 ± 3.0",
    "23.0 ± 3.0",
    "",
    "23.0 ± 3.0",
    "13.0 ± 3.0",
    "",
  ]);
  assert.deepEqual(cells[3]!.slice(0, 5), ["better (1 of 3 seeds)", "`--x \\| y`", "60.0", "50.0", "+27.0"]);
  assert.ok(new Set(cells.map((line) => line.length)).size === 1);
  assert.match(table, /A note\./);
});

Deno.test("an ablation's plot shows every seed of every row, and stands alone", () => {
  const svg = ablationPlot(summarize(ROWS), "mAP");
  assert.equal(svg.match(/<circle/g)!.length, 2 * 7);
  for (const name of ["base", "better", "flip", "unseen cameras"]) assert.ok(svg.includes(name), name);
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.doesNotMatch(svg, /NaN|undefined|var\(/);
});

Deno.test("a cell's file is found by all of its options and its data, and by nothing else", async () => {
  const name = await cellName(TINY_OPTIONS, "data");
  assert.equal(await cellName({ ...TINY_OPTIONS }, "data"), name);
  const names = new Set([name, await cellName(TINY_OPTIONS, "other data")]);
  for (const [key, value] of Object.entries(TINY_OPTIONS)) {
    const changed = typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : `${value}x`;
    names.add(await cellName({ ...TINY_OPTIONS, [key]: changed }, "data"));
  }
  assert.equal(names.size, 2 + Object.keys(TINY_OPTIONS).length);
});

Deno.test("a dataset's digest follows its files' names, wherever the folder is", async () => {
  const dataset = (root: string, file: string): ReidDataset => ({
    name: "Market-1501",
    root,
    train: [{ path: `${root}/a/${file}`, identity: 1, camera: 1, sequence: 1, frame: 1 }],
    query: [],
    gallery: [],
    ignored: { junk: 0, otherFiles: 0 },
    warnings: [],
    timed: true,
  });
  const digest = await datasetDigest(dataset("/nowhere/x", "1.jpg"));
  assert.equal(await datasetDigest(dataset("/nowhere/else/y", "1.jpg")), digest);
  assert.notEqual(await datasetDigest(dataset("/nowhere/x", "2.jpg")), digest);
});

Deno.test("a cell comes back from its file; half a file, or one that lacks a way of scoring, is none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/cell.json`;
    const stored = { code: "c", data: "d", options: TINY_OPTIONS, result: cell(0.2, 0.1) };
    assert.equal(await readCell(path), undefined);
    await writeCell(path, stored);
    assert.deepEqual(await readCell(path), stored);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.slice(0, text.length / 2));
    assert.equal(await readCell(path), undefined);
    await Deno.writeTextFile(path, text.replace('"rerank"', '"other"'));
    assert.equal(await readCell(path), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
