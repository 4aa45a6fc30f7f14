import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { lossTable } from "../../losses/mod.ts";
import { keysOf } from "../../model/settings.ts";
import { loadCheckpoint, newestCheckpoint, saveCheckpoint } from "../../train/checkpoint_files.ts";
import type { TrainingOptions } from "../../train/options.ts";
import type { Trainer } from "../../train/trainer.ts";
import { assertSameBytes } from "./same_bytes.ts";
import { openTinyRun, TINY_OPTIONS } from "./tiny_run.ts";

/** Trains up to a step and saves; the bytes of the file. */
async function trainTo(run: Trainer, step: number, folder: string): Promise<Uint8Array> {
  while (run.step < step) await run.trainEpoch(() => {}, () => run.step >= step);
  assert.equal(run.step, step);
  return await Deno.readFile(await saveCheckpoint(folder, await run.checkpoint()));
}

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
  ["hard in f16 with averaged weights", { precision: "f16", ema: 0.9 }],
];

for (const [what, changes] of runs) {
  Deno.test(`equal seeds give equal checkpoints, and a resumed run ends with the bytes of one never stopped: ${what}`, async () => {
    const device = await Device.open();
    const folder = await Deno.makeTempDir();
    const fresh = async <T>(use: (run: Trainer) => Promise<T>, from?: string) => {
      const run = await openTinyRun(device, changes, from ? await loadCheckpoint(from) : undefined);
      try {
        return await use(run);
      } finally {
        run.destroy();
      }
    };
    try {
      const end = TINY_OPTIONS.epochs * TINY_OPTIONS.batchesPerEpoch;
      const [whole, again, stopped] = ["whole", "again", "stopped"].map((name) => `${folder}/${name}`);
      const expected = await fresh((run) => trainTo(run, end, whole));
      assertSameBytes(await fresh((run) => trainTo(run, end, again)), expected);

      // At the end of an epoch, then within the next one, then on to the end; each time from the file.
      await fresh((run) => trainTo(run, TINY_OPTIONS.batchesPerEpoch, stopped));
      await fresh((run) => trainTo(run, TINY_OPTIONS.batchesPerEpoch + 1, stopped), stopped);
      assertSameBytes(await fresh((run) => trainTo(run, end, stopped), stopped), expected);
    } finally {
      device.destroy();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

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
