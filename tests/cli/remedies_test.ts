import assert from "node:assert/strict";
import { runCommand } from "../../cli/command.ts";
import { type Advice, withFlags } from "../../cli/remedies.ts";
import { DataError } from "../../data/errors.ts";
import { LimitError, NoAdapterError } from "../../engine/mod.ts";
import { SearchError } from "../../search/errors.ts";
import { namingLargestBatch } from "../../train/batch_limit.ts";
import { NumericsError, RunError } from "../../train/errors.ts";
import { SiteError } from "../../web/errors.ts";

Deno.test("a command names the flags and tasks of what helps behind an error's message", () => {
  const rows: [Advice, string][] = [
    [new DataError("As it was.", {}), "As it was."],
    [
      new SiteError("Choose another", { remedies: [{ kind: "other-output" }] }),
      "Choose another (another --out)",
    ],
    [
      new RunError("x is not empty.", { remedies: [{ kind: "resume", run: "x" }, { kind: "other-output" }] }),
      "x is not empty (--resume x; another --out).",
    ],
    [
      new NumericsError("Not finite.", {
        remedies: [{ kind: "change", settings: ["learningRate", "warmUp"] }, { kind: "debug-numerics" }],
      }),
      "Not finite (--learning-rate, --warm-up; --resume with --debug-numerics).",
    ],
    [
      new DataError("Other vectors.", {
        remedies: [{ kind: "set", settings: { testFlip: false, shardSize: 32 } }],
      }),
      "Other vectors (without --test-flip --shard-size 32).",
    ],
    [
      new SearchError("No index.", { remedies: [{ kind: "add-images", index: "x" }] }),
      "No index (deno task index add --index x --images DIR --checkpoint RUN).",
    ],
    [
      new SearchError("Empty.", { remedies: [{ kind: "add-images" }] }),
      "Empty (deno task index add --images DIR --checkpoint RUN).",
    ],
    [
      new NoAdapterError("None", { remedies: [{ kind: "inspect-adapters" }] }),
      "None (deno task doctor shows what is seen)",
    ],
    [new DataError("None.", { remedies: [{ kind: "resume" }] }), "None (--resume)."],
    [new DataError("None.", { remedies: [{ kind: "same-again" }] }), "None (the same command goes on)."],
    [
      new DataError("None.", { remedies: [{ kind: "dataset-folder" }] }),
      "None (without --data, synthetic people are used).",
    ],
    [
      new DataError("None.", { remedies: [{ kind: "written-vectors" }] }),
      "None (what was given to deno task embed --out).",
    ],
    [new RunError("None.", { remedies: [{ kind: "run-folder" }] }), "None (such as runs/hard)."],
    [
      new RunError("Other.", { remedies: [{ kind: "convert-weights", to: "x" }] }),
      "Other (deno task weights FILE --out x).",
    ],
    [
      new RunError("Wrong.", { remedies: [{ kind: "self-test" }] }),
      "Wrong (deno task doctor --self-test writes a report).",
    ],
    [new RunError("None.", { remedies: [{ kind: "export-model" }] }), "None (deno task export makes one)."],
  ];
  for (const [advice, expected] of rows) assert.equal(withFlags(advice), expected);
});

Deno.test("a command names a batch that fits in the flags of its sampler", async () => {
  const printed: string[] = [];
  const { error } = console;
  console.error = (line) => printed.push(line);
  try {
    for (const [sampler, images] of [["pk", 64], ["shuffled", 100], ["triplets", 96]] as const) {
      const refusal = new LimitError("Too large.", [{ shape: [images, 8, 8, 16], times: 2.5 }]);
      const named = namingLargestBatch(refusal, { sampler, k: 4 }, images);
      assert.equal(await runCommand(() => Promise.reject(named), []), 1);
    }
  } finally {
    console.error = error;
  }
  const others = "; --micro-batches, --image-height, --image-width, --width).";
  for (const [i, flags] of ["--p 6 --k 4", "--batch-size 40", "--triplets 12"].entries()) {
    assert.ok(printed[i].startsWith("error: Too large. The largest batch that fits has "), printed[i]);
    assert.ok(printed[i].endsWith(` (${flags}${others}`), printed[i]);
  }
});
