import assert from "node:assert/strict";
import {
  add,
  affine,
  backward,
  Device,
  EngineError,
  f32,
  late,
  matmul,
  mul,
  ParameterSet,
  Program,
  sum,
} from "../../engine/mod.ts";

let device: Device;
Deno.test.beforeAll(async () => {
  device = await Device.open();
});
Deno.test.afterAll(() => device.destroy());

const INPUTS = { x: f32([3], { differentiable: true }), upstream: late(f32([3])) };
const square = () =>
  Program.record(device, INPUTS, ({ x, upstream }) => {
    const features = mul(x, x);
    return { features, gradient: backward(sum(mul(features, upstream))).of(x)!, upstream };
  });

Deno.test("a run gives what needs no late input, waits for it, and goes on with what is there", async () => {
  const program = await square();
  try {
    const run = await program.start({ x: [1, 2, 3] });
    assert.deepEqual([...await run.output("features")], [1, 4, 9]);
    await assert.rejects(run.output("gradient"), /Output gradient is not there: .* resume the run/);
    await run.resume({ upstream: [1, 0, -1] });
    assert.deepEqual([...await run.output("gradient")], [2, 0, -6]);
    assert.deepEqual([...await run.output("upstream")], [1, 0, -1]);
    assert.deepEqual([...await run.output("features")], [1, 4, 9]);
    // Given at once, as to any other program.
    const all = await program.run({ x: [1, 2, 3], upstream: [1, 1, 1] });
    assert.deepEqual([all.features, all.gradient].map((values) => [...values]), [[1, 4, 9], [2, 4, 6]]);
  } finally {
    program.destroy();
  }
});

Deno.test("a run that was left, resumed twice or lacks an input is refused, and the next one is right", async () => {
  const program = await square();
  try {
    const left = await program.start({ x: [9, 9, 9] });
    const run = await program.start({ x: [1, 2, 3] });
    const upstream = [1, 1, 1];
    await assert.rejects(left.resume({ upstream }), /has begun another one/);
    await assert.rejects(run.proceed(), /waits for its late inputs/);
    await assert.rejects(run.resume({ upstream: [1] }), { name: "ShapeError" });
    await assert.rejects(run.resume({} as never), { name: "ShapeError" });
    await assert.rejects(run.resume({ other: [1] } as never), /no input other/);
    await run.resume({ upstream });
    assert.deepEqual([...await run.output("gradient")], [2, 4, 6]);
    assert.equal(await run.proceed(), false);
    await assert.rejects(run.resume({ upstream }), /cannot be resumed: it has been/);
    assert.deepEqual([...await left.output("features")], [81, 81, 81]);
  } finally {
    program.destroy();
  }
  await assert.rejects(program.start({ x: [1, 2, 3] }), EngineError);
});

Deno.test("late inputs and batches of any size exclude each other", async () => {
  assert.throws(() => late(f32([4, 2], { batch: true })), /cannot be a batch/);
  const inputs = { x: f32([4, 2], { batch: true }), y: late(f32([2])) };
  await assert.rejects(
    Program.record(device, inputs, ({ x, y }) => ({ z: add(sum(x), sum(y)) })),
    /no batches of any size/,
  );
  const program = await Program.record(
    device,
    { x: f32([4, 2], { batch: true }) },
    ({ x }) => ({ y: sum(x) }),
  );
  await assert.rejects(program.start({ x: [1, 2] }), /no late inputs/);
  program.destroy();
});

Deno.test("a late input that nothing reads, and a program without one", async () => {
  const program = await Program.record(
    device,
    { x: f32([2]), unused: late(f32([2])) },
    ({ x }) => ({ y: affine(x, 2, 0) }),
  );
  const run = await program.start({ x: [1, 2] });
  assert.deepEqual([...await run.output("y")], [2, 4]);
  await run.resume({ unused: [0, 0] });
  program.destroy();
  const plain = await Program.record(device, { x: f32([2]) }, ({ x }) => ({ y: affine(x, 2, 0) }));
  const whole = await plain.start({ x: [1, 2] });
  assert.deepEqual([...await whole.output("y")], [2, 4]);
  await assert.rejects(whole.resume({}), /Nothing is left/);
  plain.destroy();
});

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`gradients come in parts, from the end of the set on: in ${storage}s`, async () => {
    const other = await Device.open({ storage });
    const set = new ParameterSet(other);
    const eye = (n: number, scale: number) =>
      Float32Array.from({ length: n * n }, (_, i) => i % (n + 1) ? 0 : scale);
    const layers = [1, 2, 3, 4].map((scale) => set.add(`layer${scale}`, [16, 16], eye(16, scale)));
    const inputs = { x: f32([1, 16]), upstream: late(f32([1, 16])) };
    const record = (gradientShares: number[]) =>
      Program.record(other, inputs, ({ x, upstream }) => {
        const y = layers.reduce((y, layer) => matmul(y, layer), x);
        backward(sum(mul(y, upstream)));
        return { y };
      }, { gradientShares });
    const x = Array.from({ length: 16 }, (_, i) => i + 1), upstream = x.map(() => 1);
    const readings: Float32Array[] = [];
    try {
      for (const shares of [[], [0.5], [0.25, 0.5, 0.75, 1]]) {
        const program = await record(shares);
        set.writeRange("gradients", new Float32Array(set.trainableBytes / 4).fill(NaN));
        const run = await program.start({ x });
        assert.deepEqual([...await run.output("y")], x.map((value) => 24 * value));
        assert.equal(run.gradientsFrom, Infinity);
        await run.resume({ upstream });
        const all = new Float32Array(set.trainableBytes / 4);
        let parts = 0;
        for (let more = true, end = set.trainableBytes; more; parts++) {
          const from = run.gradientsFrom;
          assert.ok(from < end, `${from} of ${end}`);
          const [part] = await set.readRanges({ buffer: "gradients", from, to: end });
          all.set(part!, from / 4);
          end = from;
          more = await run.proceed();
        }
        assert.equal(run.gradientsFrom, 0);
        assert.equal(parts, Math.max(1, shares.length === 1 ? 2 : shares.length));
        assert.ok(all.every(Number.isFinite));
        readings.push(all);
        program.destroy();
      }
      for (const reading of readings) assert.deepEqual(reading, readings[0]);
    } finally {
      set.destroy();
      other.destroy();
    }
  });
}
