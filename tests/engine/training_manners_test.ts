/** Gradients and updates apart: several optimizers, sums over runs, clipping, and optimizers written with ops. */
import assert from "node:assert/strict";
import {
  accumulate,
  accumulated,
  Adam,
  add,
  affine,
  assign,
  backward,
  batchNormTraining,
  clipByGlobalNorm,
  Device,
  f32,
  type Gradients,
  LossScale,
  mul,
  ParameterSet,
  perRun,
  Program,
  reshape,
  scalars,
  Sgd,
  sub,
  sum,
  u32,
} from "../../engine/mod.ts";

const near = (actual: ArrayLike<number>, expected: readonly number[], slack = 1e-6) => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= slack, `${actual} ${expected}`));
};

/** Two sets, w [2, 3] and v [3], and a loss of both: the sum of w · v · x. */
function twoSets(device: Device) {
  const [first, second] = [new ParameterSet(device), new ParameterSet(device)];
  const w = first.add("w", [2, 3], [1, 2, 3, 4, 5, 6]);
  const v = second.add("v", [3], [1, -1, 2]);
  return { first, second, w, v };
}

for (const storage of ["buffer", "texture"] as const) {
  const device = await Device.open({ storage });

  Deno.test(`Two optimizers apply the gradients of one loss, clipped together, in ${storage}s`, async () => {
    const { first, second, w, v } = twoSets(device);
    const [sgd, adam] = [new Sgd(first, { rate: 0.1 }), new Adam(second, { rate: 0.1 })];
    const step = await Program.record(device, {}, () => {
      const gradients = backward(sum(mul(w, v)));
      const free = affine(gradients.of(w)!, 1, 0);
      const norm = clipByGlobalNorm(gradients, 2);
      sgd.apply(gradients);
      adam.apply(gradients);
      return { norm, free, clipped: gradients.of(w)!, other: gradients.of(v)! };
    });
    const { norm, free, clipped, other } = await step.run({});
    const dw = [1, -1, 2, 1, -1, 2], dv = [5, 7, 9];
    const expected = Math.hypot(...dw, ...dv);
    near(norm, [expected], 1e-5);
    near(free, dw);
    near(clipped, dw.map((g) => 2 * g / expected));
    near(other, dv.map((g) => 2 * g / expected));
    near(await w.read(), [1, 2, 3, 4, 5, 6].map((value, i) => value - 0.1 * 2 * dw[i]! / expected));
    near(await v.read(), [0.9, -1.1, 1.9], 1e-5); // Adam's first step is the rate.
    assert.deepEqual([sgd.step, adam.step], [1, 1]);
    adam.rate = 0;
    sgd.rate = 0.2;
    const before = await w.read();
    const again = await step.run({});
    near(await v.read(), [0.9, -1.1, 1.9], 1e-5);
    near(await w.read(), [...before].map((value, i) => value - 0.2 * again.clipped[i]!));
    for (const owner of [step, first, second]) owner.destroy();
  });

  Deno.test(`Three runs accumulate to one step, clipped or scaled, in ${storage}s`, async () => {
    for (const scaled of [false, true]) {
      const set = new ParameterSet(device);
      const w = set.add("w", [5], [1, 1, 1, 1, 1]);
      const lossScale = scaled ? new LossScale(set) : undefined;
      const sgd = new Sgd(set, { rate: 0.5 });
      const collect = await Program.record(device, { x: f32([5]) }, ({ x }) => {
        const loss = affine(sum(mul(w, x)), 1 / 3, 0);
        accumulate(lossScale ? lossScale.backward(loss) : backward(loss));
        return { loss };
      });
      const update = await Program.record(device, {}, () => {
        const gradients = accumulated(set);
        const norm = clipByGlobalNorm(gradients, 100);
        sgd.apply(gradients);
        return { norm, gradient: gradients.of(w)! };
      });
      for (let round = 0; round < 2; round++) { // The second begins at zero again.
        const before = await w.read();
        for (let i = 0; i < 3; i++) await collect.run({ x: [i, 1, 2, 3, -3] });
        if (scaled) await collect.run({ x: [Infinity, 1, 1, 1, 1] }); // Left out.
        const { norm, gradient } = await update.run({});
        near(gradient, [1, 1, 2, 3, -3]);
        near(norm, [Math.hypot(1, 1, 2, 3, 3)], 1e-5);
        near(await w.read(), [1, 1, 2, 3, -3].map((g, i) => before[i]! - 0.5 * g));
      }
      assert.equal(sgd.step, 2);
      for (const owner of [collect, update, set]) owner.destroy();
    }
  });

  Deno.test(`assign() writes the next value of weights and state, in ${storage}s`, async () => {
    const set = new ParameterSet(device);
    const w = set.add("w", [3, 5], new Float32Array(15).fill(4));
    const mean = set.add("mean", [3, 5], new Float32Array(15), { trainable: false });
    let rate = 0.25;
    const descend = (gradients: Gradients) => {
      const rates = perRun(scalars(1), () => [rate]);
      assign(mean, affine(add(mean, w), 0.5, 0));
      assign(w, sub(w, mul(gradients.of(w)!, rates)));
    };
    const step = await Program.record(device, {}, () => {
      const loss = sum(mul(w, w));
      descend(backward(loss));
      return { loss };
    });
    assert.equal((await step.run({})).loss[0], 15 * 16);
    near(await w.read(), new Array(15).fill(2));
    near(await mean.read(), new Array(15).fill(2)); // Of the value before.
    rate = 0.5;
    assert.equal((await step.run({})).loss[0], 15 * 4);
    near(await w.read(), new Array(15).fill(0));
    for (const owner of [step, set]) owner.destroy();
  });

  Deno.test(`Batch norm updates statistics beside a gain that is not trained, in ${storage}s`, async () => {
    const set = new ParameterSet(device);
    const frozen = { trainable: false };
    const [gamma, beta] = [set.add("gamma", [2], [2, 2], frozen), set.add("beta", [2], [1, 1], frozen)];
    const [mean, variance] = [set.add("mean", [2], [0, 0], frozen), set.add("variance", [2], [1, 1], frozen)];
    const step = await Program.record(device, { x: f32([2, 2]) }, ({ x }) => ({
      y: batchNormTraining(x, gamma, beta, {
        epsilon: 0,
        relu6: false,
        running: { mean, variance, momentum: 0.5 },
      }),
    }));
    near((await step.run({ x: [1, 4, 3, 8] })).y, [-1, -1, 3, 3], 1e-5);
    near(await mean.read(), [1, 3]);
    near(await variance.read(), [1, 2.5]);
    for (const owner of [step, set]) owner.destroy();
  });

  Deno.test(`assign() copies a parameter to another of its set, in ${storage}s`, async () => {
    const set = new ParameterSet(device);
    const online = set.add("online", [2, 3], [1, 2, 3, 4, 5, 6]);
    const target = set.add("target", [2, 3], new Float32Array(6));
    const kept = set.add("kept", [6], new Float32Array(6), { trainable: false });
    const copy = await Program.record(device, {}, () => {
      assign(target, online);
      assign(kept, reshape(online, [6]));
      return {};
    });
    await copy.run({});
    for (const parameter of [target, kept]) near(await parameter.read(), [1, 2, 3, 4, 5, 6]);
    for (const owner of [copy, set]) owner.destroy();
  });

  Deno.test.afterAll(() => device.destroy());
}

const device = await Device.open();

Deno.test("A resumed optimizer goes on as if it had not stopped", async () => {
  const runs = async (stop: boolean) => {
    const set = new ParameterSet(device);
    const w = set.add("w", [3], [1, 2, 3]);
    const record = (adam: Adam) =>
      Program.record(device, {}, () => {
        adam.minimize(sum(mul(w, w)));
        return {};
      });
    let adam = new Adam(set, { rate: 0.1 });
    let step = await record(adam);
    for (let i = 0; i < 6; i++) {
      if (stop && i === 3) {
        step.destroy();
        const { step: done } = adam;
        adam = new Adam(set, { rate: 0.1 });
        adam.step = done;
        step = await record(adam);
      }
      await step.run({});
    }
    const values = await w.read();
    for (const owner of [step, set]) owner.destroy();
    return values;
  };
  assert.deepEqual(await runs(true), await runs(false));
});

Deno.test("perRun() is asked once a run, in order, and what it returns is checked", async () => {
  let key = 0;
  let numbers: ArrayLike<number> = [2];
  const program = await Program.record(device, { x: f32([1]) }, ({ x }) => ({
    y: mul(x, perRun(f32([1]), () => numbers)),
    key: perRun(u32([1]), () => [key++]),
  }));
  const runs = [];
  for (let i = 0; i < 3; i++) runs.push((await program.submit({ x: [i] })).outputs);
  assert.deepEqual((await Promise.all(runs)).map(({ y, key }) => [y[0], key[0]]), [[0, 0], [2, 1], [4, 2]]);
  numbers = [1, 2];
  await assert.rejects(program.run({ x: [1] }), /Input of perRun\(\) \[1\] needs 1 numbers; got 2/);
  await assert.rejects(program.run({ x: [1, 2] }), /Input x/);
  program.destroy();
  assert.throws(() => perRun(scalars(1), () => [1]), /inside a program only/);
});

Deno.test("Parameters are read and written one at a time", async () => {
  const set = new ParameterSet(device);
  const [w, state] = [
    set.add("w", [2, 3], [1, 2, 3, 4, 5, 6]),
    set.add("state", [5], [1, 2, 3, 4, 5], { trainable: false }),
  ];
  assert.deepEqual([...await w.read()], [1, 2, 3, 4, 5, 6]);
  w.write([6, 5, 4, 3, 2, 1]);
  state.write([9, 9, 9, 9, 8]);
  assert.deepEqual([...await w.read()], [6, 5, 4, 3, 2, 1]);
  assert.deepEqual([...await state.read()], [9, 9, 9, 9, 8]);
  assert.throws(() => w.write([1]), { name: "ShapeError", message: /w \[2,3\] needs 6 numbers; got 1/ });
  set.destroy();
  await assert.rejects(() => w.read(), { name: "EngineError", message: /set of w was destroyed/ });
  assert.throws(() => w.write([6, 5, 4, 3, 2, 1]), {
    name: "EngineError",
    message: /set of w was destroyed/,
  });
});

Deno.test("Gradients that cannot be used are refused", async () => {
  const { first, second, w, v } = twoSets(device);
  const sgd = new Sgd(second);
  let foreign: Gradients | undefined;
  const recorded = (body: () => void) =>
    Program.record(device, {}, () => {
      body();
      return {};
    });
  (await recorded(() => foreign = backward(sum(mul(v, v))))).destroy();
  const faults: [() => void, RegExp][] = [
    [() => sgd.apply(backward(sum(mul(w, w)))), /no trainable parameter of the set of v/],
    [() => sgd.apply(foreign!), /Gradients of another program/],
    [() => clipByGlobalNorm(foreign!, 1), /Gradients of another program/],
    [() => accumulate(foreign!), /Gradients of another program/],
    [
      () => [backward(sum(mul(v, v))), backward(sum(mul(w, v)))],
      /gradients of v .* known in this program already/,
    ],
    [
      () => [backward(sum(mul(v, v))), accumulated(second)],
      /gradients of v .* known in this program already/,
    ],
    [() => clipByGlobalNorm(backward(sum(mul(v, v))), 0), /limit of the norm is a number above 0; got 0/],
    [
      () => clipByGlobalNorm(backward(sum(mul(v, v))), NaN),
      /limit of the norm is a number from 0 on; got NaN/,
    ],
    [() => assign(v, w), /parameter v \[3\] a tensor \[2,3\]/],
    [() => [assign(v, mul(v, v)), mul(v, v)], /Parameter v cannot be used once it has been updated/],
    [() => [assign(v, mul(v, v)), assign(v, mul(w, w))], /assign\(\) gives/],
    [() => [sgd.minimize(sum(mul(v, v))), assign(v, mul(v, v))], /v cannot be used once its set has been/],
  ];
  for (const [body, message] of faults) await assert.rejects(recorded(body), { message }, `${body}`);
  const inputs = Program.record(device, { x: f32([1], { differentiable: true }) }, ({ x }) => {
    return { norm: clipByGlobalNorm(backward(sum(mul(x, x))), 1) };
  });
  await assert.rejects(inputs, { name: "EngineError", message: /of no trainable parameter/ });
  for (const owner of [first, second]) owner.destroy();
});

Deno.test.afterAll(() => device.destroy());
