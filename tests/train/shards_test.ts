import assert from "node:assert/strict";
import { PROFILES } from "../../bench/plan/profiles.ts";
import { StubGpu } from "../../bench/plan/stub_gpu.ts";
import { Device, Random } from "../../engine/mod.ts";
import { loadCheckpoint } from "../../train/checkpoint_files.ts";
import { RunError } from "../../train/errors.ts";
import { initialModel, modelSpec, stepAugmentations } from "../../train/from_options.ts";
import { conflictIn, type TrainingOptions } from "../../train/options.ts";
import { recordStep } from "../../train/shards/record_step.ts";
import { shardCounts } from "../../train/shards/shard_count.ts";
import { trainingAverage, trainingCenters, trainingMining, trainingOptimizer } from "../../train/step.ts";
import { withFolder } from "../cli/run_task.ts";
import { assertNear } from "../model/gradients_agree.ts";
import { onLocalRanks } from "../ranks/local_ranks.ts";
import { trainTo } from "./resume.ts";
import { assertSameBytes } from "./same_bytes.ts";
import { openTinyRun, TINY_OPTIONS } from "./tiny_run.ts";

let device: Device;
Deno.test.beforeAll(async () => {
  device = await Device.open({ storage: "buffer", constants: "uniform" });
});
Deno.test.afterAll(() => device.destroy());

const STEPS = TINY_OPTIONS.epochs * TINY_OPTIONS.batchesPerEpoch;

/** Four people of two images, so that a batch has up to four shards, and all that a step may have besides. */
const ALL: Partial<TrainingOptions> = {
  p: 4,
  k: 2,
  neck: "bnneck",
  idLoss: 1,
  centerLoss: 0.01,
  clipNorm: 0.1,
  ema: 0.9,
  miningWarmUp: 0.7,
  precision: "f16",
};

/** Pixels of so many images of the tiny run's size. */
function noise(images: number): Uint8Array {
  const random = new Random(5);
  const { imageHeight, imageWidth } = TINY_OPTIONS;
  return Uint8Array.from({ length: images * imageHeight * imageWidth * 3 }, () => random.integer(256));
}

/** The checkpoint after all steps, from the bytes of rank 0; all ranks have the same. */
async function trained(
  folder: string,
  options: Partial<TrainingOptions>,
  ranks = 1,
  steps: readonly number[] = [STEPS],
): Promise<Uint8Array> {
  let bytes: Uint8Array[] = [];
  for (const [i, step] of steps.entries()) {
    const from = i > 0 ? await loadCheckpoint(`${folder}/0`) : undefined;
    bytes = await onLocalRanks(ranks, async (each) => {
      const run = await openTinyRun(device, options, from, { ranks: each });
      try {
        return await trainTo(run, step, `${folder}/${each.rank}`);
      } finally {
        run.destroy();
      }
    });
    for (const other of bytes) assertSameBytes(other, bytes[0]);
  }
  return bytes[0];
}

Deno.test("Four micro-batches end with the same bytes on 1, 2 and 4 ranks: all that a step may have", () =>
  withFolder(async (folder) => {
    const alone = await trained(`${folder}/1`, { ...ALL, microBatches: 4 });
    for (const ranks of [2, 4]) {
      assertSameBytes(await trained(`${folder}/${ranks}`, { ...ALL, microBatches: 4 }, ranks), alone);
    }
    // One micro-batch for each rank by default, and other bits with another number of them.
    assertSameBytes(await trained(`${folder}/default`, ALL, 4), alone);
    assert.notDeepEqual(await trained(`${folder}/two`, { ...ALL, microBatches: 2 }), alone);
  }));

Deno.test("a run in micro-batches that was stopped ends with the bytes of one never stopped", () =>
  withFolder(async (folder) => {
    const options = { ...ALL, microBatches: 2 };
    const whole = await trained(`${folder}/whole`, options);
    assertSameBytes(await trained(`${folder}/stopped`, options, 1, [2, 4, STEPS]), whole);
  }));

Deno.test("a run goes on with other ranks that share its micro-batches, and with no others", () =>
  withFolder(async (folder) => {
    const options = { p: 4, k: 2, microBatches: 4 };
    const whole = await trained(`${folder}/whole`, options);
    await trained(`${folder}/stopped`, options, 4, [2]);
    const from = await loadCheckpoint(`${folder}/stopped/0`);
    const [bytes] = await onLocalRanks(2, async (ranks) => {
      const run = await openTinyRun(device, from.checkpoint.options, from, { ranks });
      const end = await trainTo(run, STEPS, `${folder}/on/${ranks.rank}`);
      run.destroy();
      return end;
    });
    assertSameBytes(bytes, whole);
    await assert.rejects(
      onLocalRanks(3, (ranks) => openTinyRun(device, from.checkpoint.options, from, { ranks })),
      { name: "RunError", message: /^3 ranks cannot share 4 micro-batches/ },
    );
  }));

Deno.test("two shards of the same images make the step of their batch: all that a step may have", async () => {
  // Batch norm then sees in a shard what it sees in the whole batch.
  const { p = 4, k = 2 } = ALL;
  const images = 2 * p * k;
  const half = {
    pixels: noise(images / 2),
    labels: Array.from({ length: images / 2 }, (_, i) => Math.floor(i / k)),
  };
  const made = async (microBatches: number) => {
    const options = { ...TINY_OPTIONS, ...ALL, precision: "f32", flip: 0, shift: 0, microBatches } as const;
    const model = initialModel(device, modelSpec(options, p), 1);
    const average = trainingAverage(model, options);
    const optimizer = trainingOptimizer(model, options);
    const centers = trainingCenters(model, options, p);
    const mining = trainingMining(options, 10);
    if (mining) mining.step = 3;
    const step = await recordStep(device, model, optimizer, options, images, { average, centers, mining });
    optimizer.rate = 0.01;
    try {
      const { total, clipping, nonFinite } = await (await step.submit({
        pixels: new Uint32Array(Uint8Array.of(...half.pixels, ...half.pixels).buffer),
        augmentations: stepAugmentations(options, 0, images),
        labels: Uint32Array.of(...half.labels, ...half.labels),
      })).outputs;
      const [gradients, state] = await model.parameters.readRanges({ buffer: "gradients" }, {
        buffer: "state",
      });
      return { numbers: [total[0], clipping![0], nonFinite[0]], gradients, state };
    } finally {
      step.destroy();
      model.parameters.destroy();
    }
  };
  const [whole, halves] = [await made(1), await made(2)];
  assertNear(halves.numbers, Float64Array.from(whole.numbers), 1e-5, "the loss and the norm of gradients");
  assertNear(halves.gradients, Float64Array.from(whole.gradients), 1e-3, "gradients");
  assertNear(halves.state, Float64Array.from(whole.state), 1e-3, "statistics, averages and centers");
});

Deno.test("shards must be of equal size, and all ranks get as many", () => {
  const fault = (options: Partial<TrainingOptions>) => conflictIn({ ...TINY_OPTIONS, ...options });
  assert.equal(
    fault({ p: 8, microBatches: 3 }),
    "microBatches 3 must divide p 8: micro-batches have equal sizes",
  );
  assert.match(
    fault({ sampler: "shuffled", batchSize: 8, microBatches: 8 })!,
    /must divide batchSize 8 into shards of at least 2/,
  );
  assert.equal(fault({ loss: "basic", sampler: "triplets", triplets: 6, microBatches: 3 }), undefined);
  const counts = (options: Partial<TrainingOptions>, ranks: number, isResumed = false) =>
    shardCounts({ ...TINY_OPTIONS, ...options }, ranks, isResumed);
  assert.deepEqual(counts({ p: 12 }, 1), [1]);
  assert.deepEqual(counts({ p: 12, microBatches: 0 }, 1), [1, 2, 3, 4, 6, 12]);
  assert.deepEqual(counts({ p: 12, microBatches: 0 }, 2), [2, 4, 6, 12]);
  assert.deepEqual(counts({ p: 12 }, 4), [4]);
  assert.deepEqual(counts({ p: 12, microBatches: 6 }, 3), [6]);
  assert.throws(() => counts({ p: 12 }, 5), RunError);
  assert.throws(() => counts({ p: 12, microBatches: 4 }, 3), RunError);
  assert.throws(() => counts({ p: 12, microBatches: 1 }, 2, true), RunError);
});

Deno.test("microBatches auto takes the least number of shards that fits the adapter", async () => {
  const small = await Device.open({ storage: "buffer", limits: "default" });
  try {
    // The widest activations of 5000 images are larger than 128 MiB, and those of 2500 are not.
    const options = { width: 0.2, p: 4, k: 1250 };
    await assert.rejects(openTinyRun(small, options), { name: "LimitError" });
    const run = await openTinyRun(small, { ...options, microBatches: 0 });
    assert.equal(run.options.microBatches, 2);
    run.destroy();
  } finally {
    small.destroy();
  }
});

Deno.test("the first operation that is not finite is not looked for in shards", async () => {
  const run = await openTinyRun(device, { microBatches: 2 });
  await assert.rejects(run.trainEpoch(() => {}, () => false, true), { name: "RunError" });
  run.destroy();
});

Deno.test("128 images in 8 micro-batches take at most 1.15 of the memory of 16 images, at width 1.0 and 256 × 128", async () => {
  const peak = async (images: number, microBatches: number) => {
    const gpu = new StubGpu(PROFILES.server);
    using device = await Device.open({ gpu });
    const options = {
      ...TINY_OPTIONS,
      ...{ width: 1, imageHeight: 256, imageWidth: 128, p: images / 4, k: 4, microBatches },
      precision: "f32",
    } as const;
    const model = initialModel(device, modelSpec(options, 0), 1);
    const step = await recordStep(device, model, trainingOptimizer(model, options), options, images, {});
    const inputs = {
      pixels: new Uint32Array(images * 256 * 128 * 3 / 4),
      augmentations: stepAugmentations(options, 0, images),
      labels: Uint32Array.from({ length: images }, (_, i) => i >> 2),
    };
    await (await step.submit(inputs)).outputs;
    return gpu.peakBytes;
  };
  const [small, divided, whole] = [await peak(16, 1), await peak(128, 8), await peak(128, 1)];
  const mebibytes = [small, divided, whole].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  console.log(`MiB: ${mebibytes.join(", ")} of 16 images, of 128 in 8, of 128 at once`);
  assert.ok(divided <= 1.15 * small, `${divided / small} of the memory`);
  assert.ok(whole > 6 * small);
});
