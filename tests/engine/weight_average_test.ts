import assert from "node:assert/strict";
import {
  Adam,
  AVERAGE_PREFIX,
  Device,
  EngineError,
  f32,
  LossScale,
  type Parameter,
  ParameterSet,
  Program,
  u32,
  WeightAverage,
} from "../../engine/mod.ts";
import { averageDecay, averageStep } from "../reference/optimizers.ts";
import { drawImages, IMAGES, LABELS, SmallNetwork } from "./small_network.ts";

const STORAGES = ["buffer", "texture"] as const;

/** A network that is trained and averaged: a step, and what its parameters are. */
async function averagedTraining(device: Device, decay: number, scaled = false) {
  const network = new SmallNetwork(device);
  const { set } = network;
  const average = new WeightAverage(set, decay);
  const lossScale = scaled ? new LossScale(set) : undefined;
  const adam = new Adam(set, { rate: 0.02, lossScale });
  const inputs = {
    images: f32(IMAGES),
    labels: u32([IMAGES[0]]),
  };
  const program = await Program.record(device, inputs, ({ images, labels }) => {
    const { loss } = network.loss(network.features(images), labels, "hard");
    adam.minimize(loss);
    average.update();
    return { loss };
  }, { precision: scaled ? "f16" : "f32" });
  return {
    set,
    average,
    lossScale,
    step: async (step: number) => {
      await program.run({
        images: drawImages(step),
        labels: LABELS,
      });
      return (await set.read()).get("weights")!;
    },
    destroy() {
      program.destroy();
      set.destroy();
    },
  };
}

/** Weights and running statistics with their averages. */
function pairs(set: ParameterSet): [Parameter, Parameter][] {
  const found = set.parameters.flatMap((parameter): [Parameter, Parameter][] => {
    const average = set.get(AVERAGE_PREFIX + parameter.name);
    return average ? [[parameter, average]] : [];
  });
  assert.ok(found.length > 10, `${found.length} averages`);
  return found;
}

for (const storage of STORAGES) {
  Deno.test(`WeightAverage follows all weights and running statistics by its definition, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const run = await averagedTraining(device, 0.3);
    const all = pairs(run.set);
    assert.ok(all.some(([{ trainable }]) => trainable) && all.some(([{ trainable }]) => !trainable));
    assert.equal(all.length, run.set.parameters.length / 2);
    const expected = new Map(
      all.map(([parameter]) =>
        [parameter, new Float64Array(parameter.shape.reduce((a, b) => a * b, 1)).fill(99)] as const
      ),
    );
    for (let step = 1; step <= 6; step++) {
      const values = await run.step(step);
      for (const [parameter, average] of all) {
        const mean = expected.get(parameter)!;
        averageStep(mean, values.get(parameter)!, averageDecay(step, 0.3));
        values.get(average)!.forEach((value, i) => {
          assert.ok(
            Math.abs(value - mean[i]) <= 1e-6 * (1 + Math.abs(mean[i])),
            `${average.name}, step ${step}`,
          );
        });
      }
    }

    const last = (await run.set.read()).get("weights")!;
    assert.ok(all.every(([parameter, average]) => last.get(parameter)!.join() !== last.get(average)!.join()));
    await run.average.apply();
    const applied = (await run.set.read()).get("weights")!;
    for (const [parameter, average] of all) {
      assert.deepEqual(applied.get(parameter), last.get(average), parameter.name);
      assert.deepEqual(applied.get(average), last.get(average));
    }
    for (const owner of [run, device]) owner.destroy();
  });
}

Deno.test("A step that is skipped in f16, the first one too, leaves averages of the weights as they stayed", async () => {
  const device = await Device.open();
  const run = await averagedTraining(device, 0.9, true);
  const { set, lossScale } = run;
  const all = pairs(set);
  assert.ok(!all.some(([{ name }]) => name === lossScale!.state.name), "the loss's scale is not averaged");
  const before = (await set.read()).get("weights")!;
  const skip = () => set.write(lossScale!.state, [2 ** 100, 0, 0, 0]); // Every gradient overflows.
  skip();
  let values = await run.step(1);
  assert.equal(values.get(lossScale!.state)![2], 1);
  for (const [parameter, average] of all) {
    if (parameter.trainable) assert.deepEqual(values.get(parameter), before.get(parameter));
    assert.deepEqual(values.get(average), values.get(parameter), parameter.name);
  }
  set.write(lossScale!.state, [2 ** 4, 0, 0, 0]);
  values = await run.step(2);
  const expected = new Map(
    all.map(([parameter, average]) => [parameter, Float64Array.from(values.get(average)!)] as const),
  );
  skip();
  values = await run.step(3);
  assert.equal(values.get(lossScale!.state)![2], 1);
  for (const [parameter, average] of all) {
    const mean = expected.get(parameter)!;
    averageStep(mean, values.get(parameter)!, averageDecay(3, 0.9));
    values.get(average)!.forEach((value, i) => {
      assert.ok(Math.abs(value - mean[i]) <= 1e-6 * (1 + Math.abs(mean[i])), average.name);
    });
  }
  for (const owner of [run, device]) owner.destroy();
});

Deno.test("The decay of a weight average rises from 0 to what was asked for", async () => {
  const device = await Device.open();
  const set = new ParameterSet(device);
  assert.throws(() => new WeightAverage(set, 0.9), EngineError);
  set.add("w", [1], [1]);
  const average = new WeightAverage(set, 0.9);
  const decays = Array.from({ length: 200 }, (_, i) => average.decayAt(i + 1));
  assert.deepEqual([decays[0], decays[1], decays[2]], [0, 2 / 11, 3 / 12]);
  assert.ok(decays.every((decay, i) => decay >= (decays[i - 1] ?? 0)));
  assert.deepEqual([decays[79] < 0.9, decays[81], decays[199]], [true, 0.9, 0.9]);
  for (const owner of [set, device]) owner.destroy();
});
