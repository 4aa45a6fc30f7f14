import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import type { TrainingOptions } from "../../train/options.ts";
import { indexIdentities } from "../../data/identity_index.ts";
import { runSampler, stepAugmentations } from "../../train/from_options.ts";
import { openTinyRun, TINY_OPTIONS, TINY_PEOPLE } from "./tiny_run.ts";

const EVERYTHING: Partial<TrainingOptions> = {
  zoom: 0.2,
  erase: 0.5,
  eraseFill: "noise",
  colorJitter: 0.5,
};

Deno.test("stepAugmentations() is decided by seed and step, image by image", () => {
  const options = { ...TINY_OPTIONS, ...EVERYTHING };
  const four = stepAugmentations(options, 3, 4);
  assert.deepEqual(stepAugmentations(options, 3, 4), four);
  // What an image is given does not depend on how many come after it.
  assert.deepEqual(stepAugmentations(options, 3, 9).subarray(0, four.length), four);
  assert.notDeepEqual(stepAugmentations(options, 4, 4), four);
  assert.notDeepEqual(stepAugmentations({ ...options, seed: 8 }, 3, 4), four);
});

Deno.test("a seed draws what it has always drawn", () => {
  const options = { ...TINY_OPTIONS, ...EVERYTHING };
  const sampler = runSampler(indexIdentities(TINY_PEOPLE), options);
  const [batch] = sampler.epoch(1);
  assert.deepEqual([...batch!.images], [9, 11, 2, 1]);
  const numbers = stepAugmentations(options, 3, 2);
  assert.deepEqual([numbers[0], numbers[21], numbers[22]].map((n) => n!.toFixed(4)), [
    "1.0613",
    "34.0937",
    "-1.1996",
  ]);
});

Deno.test("a run with every augmentation on replays exactly, and learns from other pictures than one without", async () => {
  const device = await Device.open();
  const historyOf = async (options: Partial<TrainingOptions>) => {
    const trainer = await openTinyRun(device, options);
    await trainer.trainEpoch(() => {}, () => false);
    trainer.destroy();
    return trainer.history;
  };
  const everything = await historyOf(EVERYTHING);
  assert.ok(everything.length > 0);
  assert.deepEqual(await historyOf(EVERYTHING), everything);
  assert.notDeepEqual(await historyOf({}), everything);
  assert.notDeepEqual(await historyOf({ ...EVERYTHING, eraseFill: "mean" }), everything);
  device.destroy();
});
