import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { lossTable } from "../../losses/mod.ts";
import { keysOf } from "../../model/settings.ts";
import { newestCheckpoint } from "../../train/checkpoint_files.ts";
import type { TrainingOptions } from "../../train/options.ts";
import { testResume, trainTo } from "./resume.ts";
import { openTinyRun } from "./tiny_run.ts";

const runs: [string, Partial<TrainingOptions>][] = [
  ...keysOf(lossTable).map((loss): [string, Partial<TrainingOptions>] => [
    loss,
    { loss, sampler: lossTable[loss].samplers[0] },
  ]),
  [
    "hard with soft margin, an identity head and a projection, shuffled, with a rate that falls exponentially",
    {
      sampler: "shuffled",
      schedule: "exponential",
      decay: 0.001,
      decayAt: "0.5",
      softMargin: true,
      idLoss: 1,
      embeddingSize: 12,
    },
  ],
  ["hard and center loss before BNNeck, an identity head behind it", {
    neck: "bnneck",
    idLoss: 1,
    centerLoss: 0.01,
  }],
  ["hard with clipped gradients", { clipNorm: 0.1 }],
  ["hard in f16 with averaged weights", { precision: "f16", ema: 0.9 }],
];

for (const [what, changes] of runs) testResume(what, changes);

Deno.test("other seeds give other checkpoints", async () => {
  const device = await Device.open();
  const folder = await Deno.makeTempDir();
  try {
    for (const seed of [1, 2]) {
      const run = await openTinyRun(device, { seed });
      await trainTo(run, 1, `${folder}/${seed}`);
      run.destroy();
    }
    const weights = await Promise.all([1, 2].map((seed) => newestCheckpoint(`${folder}/${seed}`)));
    const [a, b] = weights.map((loaded) => loaded!.checkpoint.tensors.get("stem.weight")!.data);
    assert.notDeepEqual(a, b);
  } finally {
    device.destroy();
    await Deno.remove(folder, { recursive: true });
  }
});
