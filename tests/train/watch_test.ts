import assert from "node:assert/strict";
import type { StepMetrics } from "../../train/metrics.ts";
import { Watch } from "../../train/watch.ts";

const LOSS = { margin: 0.3, softMargin: false, normalized: true, mines: true };

/** A step of a run that goes well. */
const WELL: StepMetrics = {
  step: 0,
  total: 0.2,
  triplet: 0.2,
  active: 0.7,
  positiveDistance: 0.5,
  negativeDistance: 0.6,
  triplets: 32,
  withoutNegative: 0,
  spread: 0.9,
  learningRate: 0.003,
  lossScale: 1,
  gradientNorm: 0,
  skippedSteps: 0,
};

Deno.test("Watch has nothing to say of a run that goes well", () => {
  const watch = new Watch(LOSS);
  for (let step = 0; step < 100; step++) assert.equal(watch.step({ ...WELL, step }), undefined);
  assert.deepEqual(watch.summary(), []);
});

Deno.test("Watch says once that embeddings have collapsed, after many steps and not after a few", () => {
  const watch = new Watch(LOSS);
  const collapsed = { ...WELL, triplet: 0.2999, spread: 0.01 };
  const said = (steps: number, metrics: StepMetrics) =>
    Array.from({ length: steps }, () => watch.step(metrics)).filter((warning) => warning !== undefined);
  assert.deepEqual(said(20, collapsed), []);
  assert.deepEqual(said(1, WELL), []);
  assert.deepEqual(said(20, collapsed), []);
  const [warning, ...more] = said(40, collapsed);
  assert.match(warning.message, /collapsed.*the margin.*lower learning rate/);
  assert.deepEqual(warning.remedies, [
    { kind: "change", settings: ["learningRate", "warmUp", "p", "k"] },
    { kind: "set", settings: { idLoss: 1 } },
  ]);
  assert.deepEqual(more, []);
});

Deno.test("Watch takes a loss of 0.693 for the margin of the soft margin, and no spread for a collapse", () => {
  const watch = new Watch({ ...LOSS, softMargin: true });
  const flat = { ...WELL, triplet: 0.694 };
  for (let step = 0; step < 100; step++) assert.equal(watch.step(flat), undefined, "spread is large");
  const warnings = Array.from({ length: 30 }, () => watch.step({ ...flat, spread: 0.01 }));
  assert.match(warnings[29]!.message, /0\.693/);
});

Deno.test("Watch counts batches without positives and batches of one person, and warns of the first", () => {
  const watch = new Watch(LOSS);
  const alone = { ...WELL, triplet: 0, triplets: 0 };
  const { message, remedies } = watch.step(alone)!;
  assert.match(message, /no two images of one person.*Larger batches help/);
  assert.deepEqual(remedies, [
    { kind: "change", settings: ["batchSize"] },
    { kind: "set", settings: { sampler: "pk" } },
  ]);
  assert.equal(watch.step({ ...alone, step: 1 }), undefined);
  watch.step({ ...WELL, step: 2, withoutNegative: 32 });
  watch.step({ ...WELL, step: 3 });
  const [positives, negatives] = watch.summary();
  assert.match(positives, /^2 of 4 batches had no two images of one person/);
  assert.match(negatives, /^1 of 4 batches showed one person only/);
});

Deno.test("Watch says when its counts begin where a run was resumed", () => {
  const watch = new Watch(LOSS);
  watch.step({ ...WELL, step: 40, triplets: 0 });
  assert.match(watch.summary()[0], /^1 of 1 batches since the run was resumed/);
});

Deno.test("Watch says once that mining has stood above the margin for long, and not of losses that mine nothing", () => {
  const losses = Array.from({ length: 700 }, (_, i) => 0.33 + 0.1 * Math.sin(i)); // Single steps are below the margin.
  const said = (mines: boolean, values: number[]) => {
    const watch = new Watch({ ...LOSS, mines });
    return values.flatMap((triplet, step) => watch.step({ ...WELL, step, triplet }) ?? []);
  };
  const [warning, ...more] = said(true, losses);
  assert.match(warning!.message, /^For 300 steps the mean loss has stood above the margin/);
  assert.deepEqual(warning!.remedies.at(0), { kind: "set", settings: { miningWarmUp: 0.2 } });
  assert.deepEqual(more, []);
  assert.deepEqual(said(false, losses), []);
  assert.deepEqual(said(true, losses.slice(0, 250).concat(Array.from({ length: 400 }, () => 0.2))), []);
});
