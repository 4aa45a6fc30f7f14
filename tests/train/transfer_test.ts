import assert from "node:assert/strict";
import { Device, Random } from "../../engine/mod.ts";
import type { ModelSpec } from "../../model/model_spec.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { loadCheckpoint, saveCheckpoint } from "../../train/checkpoint_files.ts";
import type { TrainingOptions } from "../../train/options.ts";
import type { StepMetrics } from "../../train/metrics.ts";
import type { Trainer } from "../../train/trainer.ts";
import type { BackboneValues } from "../../train/transfer.ts";
import { untrainedModel } from "../../train/untrained.ts";
import { assertSameBytes } from "./same_bytes.ts";
import { noiseStore, openTinyRun, TINY_OPTIONS } from "./tiny_run.ts";

/** Two epochs of three steps, the first with the backbone frozen. */
const FROZEN: Partial<TrainingOptions> = {
  idLoss: 1,
  initialWeights: "5d",
  convention: "keras",
  freezeEpochs: 1,
  backboneLearningRate: 0.25,
};

let device: Device;
let folder: string;
// One device, so that the runs share compiled pipelines.
Deno.test.beforeAll(async () => {
  device = await Device.open();
});
Deno.test.afterAll(() => device.destroy());
Deno.test.beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
Deno.test.afterEach(() => Deno.remove(folder, { recursive: true }));

/** Values for a tiny run's backbone, as if somebody else had trained it. */
function pretrained(): BackboneValues {
  const spec: ModelSpec = {
    ...TINY_OPTIONS,
    identities: 0,
    padding: "same",
    epsilon: 1e-3,
    momentum: 0.9,
    color: "imagenet",
  };
  const random = new Random(21);
  const draw = (name: string) => {
    if (name.endsWith(".weight")) return random.normal() * 0.4;
    return /gamma|variance/.test(name) ? random.uniform(0.5, 1.5) : random.uniform(-0.3, 0.3);
  };
  const values = new Map([...new ReidModel(device, spec, random).backbone].map(({ name, shape }) => [
    name,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draw(name)),
  ]));
  assert.ok(values.size > 100, `${values.size} tensors of the backbone`);
  return values;
}

const open = (options: Partial<TrainingOptions>, from?: string) =>
  from === undefined
    ? openTinyRun(device, options, undefined, { pretrained: pretrained() })
    : loadCheckpoint(from).then((resume) => openTinyRun(device, options, resume));

/** Trains up to a step; the metrics of each. */
async function trainTo(run: Trainer, step: number): Promise<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  while (run.step < step) await run.trainEpoch((each) => metrics.push(each), () => run.step >= step);
  assert.equal(run.step, step);
  return metrics;
}

async function valuesOf(run: Trainer): Promise<Map<string, Float32Array>> {
  const values = (await run.model.parameters.read()).get("weights")!;
  return new Map([...values].map(([{ name }, value]) => [name, value]));
}

Deno.test("a run stopped while the backbone is frozen, as it joins, and after, ends with the bytes of one never stopped", async () => {
  const trained = async (step: number, name: string, from?: string) => {
    const run = await open(FROZEN, from);
    try {
      await trainTo(run, step);
      return await Deno.readFile(await saveCheckpoint(`${folder}/${name}`, await run.checkpoint()));
    } finally {
      run.destroy();
    }
  };
  const expected = await trained(6, "whole");
  await trained(1, "stopped");
  for (const step of [3, 4]) await trained(step, "stopped", `${folder}/stopped`);
  assertSameBytes(await trained(6, "stopped", `${folder}/stopped`), expected);
});

Deno.test("while it is frozen nothing of the backbone changes and the head does; then all does", async () => {
  const run = await open(FROZEN);
  const [loaded, before] = [pretrained(), await valuesOf(run)];
  for (const [name, values] of loaded) assert.deepEqual(before.get(name), values, name);
  await trainTo(run, 3);
  const frozen = await valuesOf(run);
  for (const [name, values] of loaded) assert.deepEqual(frozen.get(name), values, name);
  for (const name of ["identity.weight", "neck.gamma", "neck.running_mean"]) {
    assert.notDeepEqual(frozen.get(name), before.get(name), name);
  }
  await trainTo(run, 4);
  const joined = await valuesOf(run);
  for (const name of ["stem.weight", "stem.running_mean", "block5.project.gamma", "identity.weight"]) {
    assert.notDeepEqual(joined.get(name), frozen.get(name), name);
  }
  run.destroy();
});

Deno.test("of a file only the first blocks are taken; they are frozen and learn at the backbone's rate, the others as drawn", async () => {
  const options: Partial<TrainingOptions> = { ...FROZEN, pretrainedBlocks: 7 };
  const [run, drawn] = [await open(options), await openTinyRun(device)];
  const loaded = pretrained();
  const isTaken = (name: string) => /^(stem|block[1-7])\./.test(name);
  const [before, random] = [await valuesOf(run), await valuesOf(drawn)];
  drawn.destroy();
  for (const [name, values] of loaded) {
    assert.deepEqual(before.get(name), isTaken(name) ? values : random.get(name), name);
  }
  await trainTo(run, 3);
  const frozen = await valuesOf(run);
  for (const name of loaded.keys()) {
    if (isTaken(name)) assert.deepEqual(frozen.get(name), loaded.get(name), name);
  }
  for (
    const name of ["block8.expand.weight", "block8.expand.running_mean", "last.gamma", "identity.weight"]
  ) {
    assert.notDeepEqual(frozen.get(name), before.get(name), name);
  }
  const [{ learningRate }] = await trainTo(run, 4);
  const after = await valuesOf(run);
  run.destroy();
  const moved = (name: string) =>
    Math.max(...after.get(name)!.map((value, i) => Math.abs(value - frozen.get(name)![i]))) / learningRate;
  assert.ok(Math.abs(moved("last.beta") - 1) < 1e-2, `last.beta moved by ${moved("last.beta")}`);
  const slow = moved("block7.project.beta");
  assert.ok(slow > 0.05 && slow < 0.2501, `block7.project.beta moved by ${slow}`);
});

Deno.test("as the backbone joins the optimizer begins anew, and the backbone and the identity head have learning rates of their own", async () => {
  const run = await open(FROZEN);
  await trainTo(run, 3);
  const before = await valuesOf(run);
  const [{ learningRate }] = await trainTo(run, 4);
  const after = await valuesOf(run);
  // Adam's first step is as long as the learning rate in every direction with a gradient; these do not decay.
  const rates = [["last.beta", 0.25], ["identity.bias", 0.05], ["neck.gamma", 1]] as const;
  for (const [name, factor] of rates) {
    const rate = factor * learningRate;
    const steps = after.get(name)!.map((value, i) => Math.abs(value - before.get(name)![i]));
    const largest = Math.max(...steps);
    assert.ok(Math.abs(largest / rate - 1) < 1e-2, `${name} moved by ${largest}, learning rate ${rate}`);
  }
  run.destroy();
});

Deno.test("a backbone with learning rate 0 keeps its weights, decay included, while its statistics move", async () => {
  const run = await open({ ...FROZEN, freezeEpochs: 0, backboneLearningRate: 0, weightDecay: 0.5 });
  await trainTo(run, 2);
  const after = await valuesOf(run);
  for (const [name, values] of pretrained()) {
    if (name.includes("running")) assert.notDeepEqual(after.get(name), values, name);
    else assert.deepEqual(after.get(name), values, name);
  }
  run.destroy();
});

Deno.test("the network before training keeps the statistics that were loaded, and its neck takes those of the images", async () => {
  const { model } = await open(FROZEN);
  const loaded = pretrained();
  const untrained = await untrainedModel(device, model.spec, 1, noiseStore(), loaded);
  const values = (await untrained.parameters.read()).get("weights")!;
  for (const parameter of untrained.backbone) {
    assert.deepEqual(values.get(parameter), loaded.get(parameter.name), parameter.name);
  }
  const neck = values.get(untrained.parameters.get("neck.running_mean")!)!;
  assert.ok(neck.filter((value) => value !== 0).length > neck.length / 2);
});

Deno.test("a frozen backbone without a head is refused", async () => {
  const bare: Partial<TrainingOptions> = { ...FROZEN, idLoss: 0, neck: "none" };
  await assert.rejects(open(bare), {
    name: "RunError",
    message: /nothing to train.*embedding size/,
    remedies: [{ kind: "change", settings: ["neck", "embeddingSize", "idLoss", "freezeEpochs"] }],
  });
});

Deno.test("a run whose weights come from a file does not start without them", async () => {
  await assert.rejects(openTinyRun(device, FROZEN), {
    name: "RunError",
    remedies: [{ kind: "change", settings: ["weights"] }],
  });
});
