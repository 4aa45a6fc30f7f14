/** Long runs go to a GPU in several submits, and compute the same. */
import assert from "node:assert/strict";
import { Adam, Device } from "../../engine/mod.ts";
import { cutStages, submitAllButLast } from "../../engine/plan/submits.ts";
import type { Stage } from "../../engine/plan/schedule.ts";
import { drawImages, LABELS, SmallNetwork } from "./small_network.ts";

/** Weights after a step whose stages `cut` divides into submits, and how many dispatches each submit had. */
async function train(kind: "buffer" | "texture", cut: (stages: readonly Stage[]) => Stage[][]) {
  const device = await Device.open({ storage: kind });
  const network = new SmallNetwork(device);
  const optimizer = new Adam(network.set, { rate: 1e-2 });
  const program = await network.trainingStep(optimizer);
  const { stages, encoder } = program.begin({
    images: drawImages(),
    labels: LABELS,
  });
  const submits = cut(stages);
  device.gpu.queue.submit([submitAllButLast(device, encoder, submits).finish()]);
  const weights = await network.set.read("weights");
  const values = [...weights.values()].flatMap((byParameter) => [...byParameter.values()]);
  const order = submits.flat().flatMap(({ launches }) => launches);
  assert.deepEqual(order, stages.flatMap(({ launches }) => launches));
  for (const owner of [program, network.set, device]) owner.destroy();
  return {
    values,
    counts: submits.map((part) => part.reduce((sum, { launches }) => sum + launches.length, 0)),
  };
}

for (const kind of ["buffer", "texture"] as const) {
  Deno.test(`A run in many submits gives the bits of one in a single submit, with tensors in ${kind}s`, async () => {
    const whole = await train(kind, (stages) => [[...stages]]);
    const cut = await train(kind, (stages) => cutStages(stages, 1));
    const some = await train(kind, (stages) => cutStages(stages, 20000));
    assert.ok(cut.counts.length > 50 && cut.counts.every((count) => count === 1), `${cut.counts}`);
    assert.ok(some.counts.length > 1 && some.counts.length < cut.counts.length, `${some.counts}`);
    assert.deepEqual(cut.values, whole.values);
    assert.deepEqual(some.values, whole.values);
  });
}
