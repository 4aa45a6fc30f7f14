/** What programs ask of an adapter, counted on a GPU that computes nothing. */
import assert from "node:assert/strict";
import { planForward, planStep } from "../../bench/plan/count.ts";
import { type ProfileName, profileOf, PROFILES } from "../../bench/plan/profiles.ts";
import { summarize } from "../../bench/plan/summary.ts";
import { main } from "../../bench/plan.ts";
import { LimitError } from "../../engine/mod.ts";
import { completeOptions, type TrainingOptions } from "../../train/options.ts";

/** A network on a profile's adapter. */
interface Case {
  readonly profile: ProfileName;
  readonly options: Partial<TrainingOptions>;
  readonly batch: number;
  /** Most that a training step may ask for. Lower a figure when a change has lowered the count. */
  readonly most: Counts;
}

interface Counts {
  readonly dispatches: number;
  readonly pipelines: number;
  /** Different shader texts. */
  readonly texts: number;
  readonly gigabytes: number;
  /** Products that do not fill the adapter. */
  readonly unfilled: number;
  /** MiB of GPU memory. */
  readonly memory: number;
}

const FULL = { width: 1, imageHeight: 256, imageWidth: 128 };
const SMALL = { width: 0.5, imageHeight: 128, imageWidth: 64 };

const CASES: readonly Case[] = [
  {
    profile: "server",
    options: { ...FULL, precision: "f32" },
    batch: 64,
    most: { dispatches: 303, pipelines: 59, texts: 59, gigabytes: 9.67, unfilled: 8, memory: 1394 },
  },
  {
    profile: "server",
    options: FULL, // On a GPU, f16.
    batch: 64,
    most: { dispatches: 307, pipelines: 62, texts: 62, gigabytes: 5.15, unfilled: 8, memory: 733 },
  },
  {
    profile: "software",
    options: SMALL,
    batch: 32,
    most: { dispatches: 394, pipelines: 207, texts: 83, gigabytes: 0.91, unfilled: 0, memory: 126 },
  },
  {
    profile: "default",
    options: { ...SMALL, precision: "f32" },
    batch: 32,
    most: { dispatches: 321, pipelines: 59, texts: 59, gigabytes: 0.85, unfilled: 16, memory: 133 },
  },
];

for (const { profile: name, options, batch, most } of CASES) {
  const { width = 1, precision = "auto" } = options;
  Deno.test(`a step of ${batch} images, width ${width}, ${precision}, asks no more of the ${name} adapter than before`, async () => {
    const profile = PROFILES[name];
    const step = summarize(
      await planStep(profile, completeOptions({ loss: "hard", ...options }), batch),
      profile,
    );
    const counts: Counts = {
      dispatches: step.total.dispatches,
      pipelines: step.pipelines,
      texts: step.texts,
      gigabytes: (step.total.bytesRead + step.total.bytesWritten) / 1e9,
      unfilled: step.unfilled.products.count,
      memory: step.memory.total / 2 ** 20,
    };
    const keys = Object.keys(most) as (keyof Counts)[];
    const more = keys.filter((key) => counts[key] > most[key]);
    assert.deepEqual(more, [], JSON.stringify(counts));
  });
}

Deno.test("a plan has its least time, and no less with the cost of its dispatches", async () => {
  const plan = await planForward(PROFILES.m2, completeOptions(SMALL), 8);
  const { total, kernels, unfilled, submits, uploadedBytes } = summarize(plan, PROFILES.m2);
  const costs = total.dispatches * PROFILES.m2.peaks.dispatchCost;
  assert.ok(total.roofline > 0 && total.expected >= total.roofline + costs);
  assert.equal(kernels.reduce((sum, { dispatches }) => sum + dispatches, 0), total.dispatches);
  assert.equal(unfilled.products.of, 34);
  assert.equal(unfilled.products.of + unfilled.others.of, total.dispatches);
  assert.equal(submits, 1);
  assert.equal(uploadedBytes, 8 * (128 * 64 * 3 + 16));
});

Deno.test("what does not fit an adapter's limits is refused as on the adapter", async () => {
  const options = completeOptions({ ...FULL, precision: "f32" });
  await assert.rejects(planStep(PROFILES.default, options, 64), LimitError);
});

Deno.test("a plan can be made for a measured adapter, and for nothing else that is in a file", async () => {
  const measured = {
    flops: 1e12,
    copyBandwidth: 1e11,
    readBandwidth: 1e11,
    stagingBandwidth: undefined,
    waitFloor: 0.1,
    dispatchCost: 0.01,
  };
  const report = { adapter: { name: "A" }, features: [], limits: {}, parallelism: 512, measured };
  assert.equal(profileOf(report).peaks.flops, 1e12);
  assert.equal(profileOf(report).threads, 512);
  assert.throws(() => profileOf({ ...report, measured: undefined }), /was not measured/);
  assert.throws(
    () => profileOf({ ...report, measured: { ...measured, dispatchCost: undefined } }),
    /missing/,
  );
  assert.throws(() => profileOf({ adapter: null, error: "none" }), /no report/);
  await assert.rejects(
    main(["--peaks", "no-such-file"]),
    /--peaks no-such-file cannot be used: .*doctor --json/,
  );
  await assert.rejects(main(["--peaks", "a", "--profile", "m2"]), /give one of them/);
  await assert.rejects(main(["--loss", "basic", "--batch", "4"]), /multiple of 3/);
});
