/** Every task of this repository's own scripts, with no permissions but those of its line in deno.json. */
import assert from "node:assert/strict";
import { runTask } from "./run_task.ts";

const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(
  Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)),
);

Deno.test("every task says how it is used with what it is permitted", async () => {
  const scripts = Object.keys(tasks).filter((task) => tasks[task]!.command.startsWith("deno run "));
  assert.ok(scripts.length > 15, `${scripts}`);
  await Promise.all(scripts.map(async (task) => {
    const help = await runTask(task, ["--help"]);
    assert.equal(help.code, 0, `${task}: ${help.stderr}`);
    assert.doesNotMatch(help.stdout, /\.\.\. ?\.\.\./, task); // A flag with several values has one ellipsis.
    assert.ok(help.stdout.startsWith(`Usage: deno task ${task}`), `${task}: ${help.stdout.slice(0, 80)}`);
  }));
});

Deno.test("drawing people and timing things do their work with what they are permitted", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const small = ["--width=0.02", "--image-height=32", "--image-width=32"];
    const work: [string, string[], RegExp][] = [
      [
        "synth",
        [
          `--out=${folder}/drawn`,
          "--train-identities=4",
          "--test-identities=1",
          "--cameras=2",
          "--distractors=1",
        ],
        /\d+ images/,
      ],
      ["doctor", ["--no-measure"], /^Adapter/],
      ["bench:step", [...small, "--batch=4", "--steps=1", "--repeats=1"], /training step/],
      [
        "bench:ranks",
        [...small, "--batch=4", "--steps=1", "--micro-batches=2"],
        /4 images in 2 shards, 1 rank,/,
      ],
      ["bench:input", [...small, `--data=${folder}/drawn`, "--p=2", "--k=2", "--steps=4"], /GPU/],
      ["bench:ranking", ["--queries=20", "--gallery=100"], /ranked exactly/],
      ["bench:reranking", ["--queries=20", "--gallery=100"], /re-ranked +rank-1/],
      ["bench:search", ["--vectors=100", "--size=8", "--queries=2", "--ef-construction=8"], /HNSW/],
    ];
    for (const [task, args, shown] of work) {
      const { code, stdout, stderr } = await runTask(task, args);
      assert.equal(code, 0, `${task}: ${stderr}`);
      assert.match(stdout, shown, task);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
