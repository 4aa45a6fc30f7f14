import assert from "node:assert/strict";
import { type ProfileName, PROFILES } from "../../bench/plan/profiles.ts";
import { StubGpu } from "../../bench/plan/stub_gpu.ts";
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
  ["hard with clipped gradients, in the precision that the adapter chooses", {
    clipNorm: 0.1,
    precision: "auto",
  }],
  ["hard in f16 with averaged weights and a warm-up of mining", {
    precision: "f16",
    ema: 0.9,
    miningWarmUp: 0.7,
  }],
];

for (const [what, changes] of runs) testResume(what, changes);

Deno.test("a run goes on in the precision that its first adapter chose, on a software adapter too", async () => {
  const folder = await Deno.makeTempDir();
  const open = (profile: ProfileName) => Device.open({ gpu: new StubGpu(PROFILES[profile]) });
  using gpu = await open("laptop");
  using software = await open("software");
  try {
    const begun = await openTinyRun(gpu, { precision: "auto" });
    await trainTo(begun, 0, folder);
    const { checkpoint, path } = (await newestCheckpoint(folder))!;
    const resumed = await openTinyRun(software, checkpoint.options, { checkpoint, path });
    const fresh = await openTinyRun(software, { precision: "auto" });
    const runs = [begun, resumed, fresh];
    assert.deepEqual(runs.map(({ options }) => options.precision), ["f16", "f16", "f32"]);
    assert.deepEqual(runs.map(({ optimizer }) => optimizer.lossScale !== undefined), [true, true, false]);
    for (const run of runs) run.destroy();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

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
