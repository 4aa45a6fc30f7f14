import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import type { TrainingOptions } from "../../train/options.ts";
import { areStale, pooledStatistics } from "../../train/running_statistics.ts";
import { openTinyRun } from "./tiny_run.ts";

Deno.test("running statistics are stale while more than a hundredth of their first values is left in them", () => {
  const cases: [momentum: number, steps: number, stale: boolean][] = [
    [0.9, 0, true],
    [0.9, 43, true],
    [0.9, 44, false],
    [0.9, 150, false],
    [0, 1, false],
    [0.999, 450, true],
    [0.999, 5000, false],
  ];
  for (const [momentum, steps, stale] of cases) {
    assert.equal(areStale(momentum, steps), stale, `${momentum} ${steps}`);
  }
});

Deno.test("the variance of all batches is the mean of theirs and the variance of their means", () => {
  // Batches 1, 3 and 5, 11: means 2 and 8, variances 1 and 9. All four have mean 5 and variance (16 + 4 + 0 + 36) / 4.
  const means = new Map([["a.running_mean", Float64Array.of(5)], ["a.running_variance", Float64Array.of(5)]]);
  const squares = new Map([["a.running_mean", Float64Array.of(34)], [
    "a.running_variance",
    Float64Array.of(41),
  ]]);
  const pooled = pooledStatistics(means, squares);
  assert.deepEqual([...pooled], [
    ["a.running_mean", Float32Array.of(5)],
    ["a.running_variance", Float32Array.of(14)],
  ]);
});

/** All values of a short run that began with other running statistics, and the share of them that was left. */
async function settled(device: Device, options: Partial<TrainingOptions>, offset: number, steps = 2) {
  const run = await openTinyRun(device, { batchesPerEpoch: 1, ...options });
  const { parameters } = run.model;
  const read = async () => {
    const values = [...(await parameters.read()).get("weights")!];
    return new Map(values.map(([{ name }, value]) => [name, value]));
  };
  for (const parameter of parameters.parameters) {
    if (!/running/.test(parameter.name)) continue;
    parameters.write(parameter, new Float32Array(parameter.count).fill(1 + offset));
  }
  while (run.step < steps) await run.trainEpoch(() => {}, () => false);
  const trained = await read();
  const share = await run.settleStatistics();
  const values = await read();
  run.destroy();
  return { share, trained, values };
}

Deno.test("after a short run nothing is left of the statistics that it began with, averages included", async () => {
  const device = await Device.open();
  const options = { batchNormMomentum: 0.5, ema: 0.9 };
  const [one, other] = [await settled(device, options, 0), await settled(device, options, 3)];
  assert.equal(one.share, 0.25);
  assert.notDeepEqual(one.trained.get("stem.running_mean"), other.trained.get("stem.running_mean"));
  assert.deepEqual(one.values, other.values);
  for (const [name, values] of one.values) {
    if (!/running/.test(name)) assert.deepEqual(values, one.trained.get(name), name); // The weights stay.
  }
  // Three quarters of those of the last steps are the images': they are of the same size.
  const total = (values: Map<string, Float32Array>) =>
    values.get("stem.running_variance")!.reduce((a, b) => a + b);
  const ratio = total(one.values) / total(one.trained);
  assert.ok(ratio > 0.25 && ratio < 4, `${ratio}`);
  assert.notDeepEqual(one.values.get("ema/last.running_mean"), one.values.get("last.running_mean"));

  const frozen = await settled(device, { freezeEpochs: 2 }, 0);
  assert.ok(frozen.share! > 0.8);
  assert.deepEqual(frozen.values.get("last.running_mean"), frozen.trained.get("last.running_mean"));
  assert.notDeepEqual(frozen.values.get("neck.running_mean"), frozen.trained.get("neck.running_mean"));
  device.destroy();
});
