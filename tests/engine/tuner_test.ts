import assert from "node:assert/strict";
import { Adam, Device, type Stopwatch, tunables, tune } from "../../engine/mod.ts";
import { targetOf, variantsOf } from "../../kernels/mod.ts";
import { drawImages, LABELS, SmallNetwork } from "./small_network.ts";

let device: Device;
Deno.test.beforeAll(async () => {
  device = await Device.open({ storage: "buffer", constants: "uniform" }); // One for all, and few pipelines to compile.
});
Deno.test.afterAll(() => device.destroy());

/** Losses of three steps with the variants that the device was told to use, and the step's variants by key. */
async function train(): Promise<{ losses: number[]; variants: Map<string, string> }> {
  const network = new SmallNetwork(device);
  const optimizer = new Adam(network.set, { rate: 1e-2 });
  const program = await network.trainingStep(optimizer);
  const losses: number[] = [];
  for (let step = 1; step <= 3; step++) {
    losses.push((await program.run({ images: drawImages(), labels: LABELS })).loss[0]);
  }
  const variants = new Map(tunables(program.dispatches).map(({ key, variant }) => [key, variant]));
  for (const owner of [program, network.set]) owner.destroy();
  return { losses, variants };
}

async function tunablesOf() {
  const network = new SmallNetwork(device);
  const program = await network.trainingStep(new Adam(network.set));
  const list = tunables(program.dispatches);
  for (const owner of [program, network.set]) owner.destroy();
  return list;
}

Deno.test("What the tuner chooses follows the times, and another variant is clearly faster or is not chosen", async () => {
  const list = await tunablesOf();
  assert.ok(list.length > 5);
  // A dispatch as a variant, told by how its work is made: the tuner asks for each exactly once.
  for (const [fast, expected] of [[0.5, "last"], [0.97, "default"]] as const) {
    const asked: string[] = [];
    const spied = list.map((tunable) => ({
      ...tunable,
      as: (variant: string) => {
        asked.push(`${tunable.key}: ${variant}`);
        return tunable.as(variant);
      },
    }));
    const stopwatch: Stopwatch = (_device, work) => {
      assert.ok(work.length > 0);
      const [key, variant] = asked.at(-1)!.split(": ");
      return Promise.resolve(variant === variantsOf(key).at(-1) ? fast : 1);
    };
    const progress: number[] = [];
    const choices = await tune(device, spied, { stopwatch, onProgress: (done) => progress.push(done) });
    for (const { key, variant } of list) {
      assert.equal(choices.get(key), expected === "last" ? variantsOf(key).at(-1) : variant, key);
      for (const name of variantsOf(key)) {
        assert.equal(asked.filter((line) => line === `${key}: ${name}`).length, 1);
      }
    }
    assert.deepEqual(progress, list.map((_, i) => i + 1));
  }
});

Deno.test("A network trains alike whichever variants are chosen", async () => {
  const byDefault = await train();
  assert.equal(
    byDefault.variants.get([...byDefault.variants.keys()].find((key) => key.startsWith("matmul "))!),
    "register",
  );
  for (const place of [1, 2, 3]) {
    const choices = new Map([...byDefault.variants.keys()].map((key) => {
      const names = variantsOf(key);
      return [key, names[place % names.length]];
    }));
    device.choose(choices);
    const chosen = await train();
    assert.deepEqual(chosen.variants, choices);
    chosen.losses.forEach((loss, i) => {
      assert.ok(
        Math.abs(loss - byDefault.losses[i]) < 1e-3 * byDefault.losses[i],
        `${chosen.losses} ${byDefault.losses}`,
      );
    });
  }
  device.choose(new Map());
  assert.deepEqual(await train(), byDefault);
});

Deno.test("A real timing tells a time", async () => {
  const [first] = await tunablesOf();
  const choices = await tune(device, [first]);
  assert.ok(variantsOf(first.key).includes(choices.get(first.key)!));
  assert.equal(device.target.choices.size, targetOf("gpu").choices.size);
});
