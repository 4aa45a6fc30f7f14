/** Runs of fewer rows than a program was recorded for: the numbers of a program of that size, and nothing left behind. */
import assert from "node:assert/strict";
import {
  add,
  affine,
  constant,
  Device,
  f32,
  matmul,
  mean,
  ParameterSet,
  Program,
  type ProgramArguments,
  scalars,
  Sgd,
  sum,
  type Tensor,
  u32,
} from "../../engine/mod.ts";
import { drawImages, IMAGES, LABELS, SmallNetwork } from "./small_network.ts";
import { watchGpu } from "./watch_gpu.ts";

let device: Device;
Deno.test.beforeAll(async () => {
  device = await Device.open({ constants: "uniform" }); // Fewer pipelines to compile.
});
Deno.test.afterAll(() => device.destroy());

const [LARGEST = 0, ...IMAGE] = IMAGES;

/** One training step on `rows` of the images after another; all losses, and the weights at the end. */
async function train(on: Device, sizes: readonly number[], batch: boolean) {
  const network = new SmallNetwork(on);
  const optimizer = new Sgd(network.set, { rate: 0.01 });
  const programs = new Map<number, Awaited<ReturnType<typeof record>>>();
  const record = (rows: number) =>
    Program.record(
      on,
      { images: f32([rows, ...IMAGE], { batch }), labels: u32([rows], { batch }) },
      ({ images, labels }) => {
        const { loss, metrics } = network.loss(network.features(images), labels, "hard");
        optimizer.minimize(loss);
        return { loss, metrics };
      },
    );
  const numbers: number[] = [];
  const all = drawImages();
  for (const rows of sizes) {
    const size = batch ? LARGEST : rows;
    const program = programs.get(size) ?? await record(size);
    programs.set(size, program);
    const images = all.subarray(0, rows * all.length / LARGEST);
    const { loss, metrics } = await program.run({ images, labels: LABELS.slice(0, rows) });
    numbers.push(...loss, ...metrics);
  }
  for (const values of (await network.set.read()).get("weights")!.values()) numbers.push(...values);
  for (const owner of [...programs.values(), network.set]) owner.destroy();
  return numbers;
}

Deno.test("Fewer rows give the bits of a program that was recorded for as many, losses and batch norms included", async () => {
  const sizes = [6, 4, 1, 6, 3, 4];
  assert.deepEqual(await train(device, sizes, true), await train(device, sizes, false));
});

Deno.test("Where shapes are compiled in, fewer rows give the numbers of a program of that size", async () => {
  const own = await Device.open({ constants: "override" });
  const body = ({ x }: { x: Tensor }) => ({ y: mean(matmul(x, constant([1, 2, 3, 4, 5, 6], [3, 2])), [0]) });
  const [batch, alone] = [
    await Program.record(own, { x: f32([16, 3], { batch: true }) }, body),
    await Program.record(own, { x: f32([5, 3]) }, body),
  ];
  const x = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i));
  assert.deepEqual((await batch.run({ x })).y, (await alone.run({ x })).y);
  own.destroy();
});

/** Twice the rows, and their sum, of at most `largest` rows [2]; `called` notes the size of every recording. */
async function doubling(largest: number, called: number[] = [], on = device) {
  return await Program.record(on, { x: f32([largest, 2], { batch: true }), k: scalars(1) }, ({ x, k }) => {
    called.push(x.shape[0]!);
    return { y: add(affine(x, 2, 0), k), total: sum(x) };
  });
}

const rowsOf = (rows: number, value: number) => ({ x: new Float32Array(2 * rows).fill(value), k: [1] });

Deno.test("A size is recorded when it first comes, and again only when four others came after it", async () => {
  const called: number[] = [];
  const watch = watchGpu(device.gpu);
  const program = await doubling(8, called);
  const sizes = [8, 3, 3, 8, 1, 2, 4, 3, 5, 3, 1];
  const alive: number[] = [];
  for (const [i, rows] of sizes.entries()) {
    const { y, total } = await program.run(rowsOf(rows, i));
    assert.deepEqual([[...y], [...total]], [Array(2 * rows).fill(2 * i + 1), [2 * rows * i]]);
    alive.push(watch.alive().length);
  }
  assert.deepEqual(called, [8, 3, 1, 2, 4, 5, 1]);
  assert.equal(alive.at(-1), alive[6], "four sizes take no more than four");
  program.destroy();
  assert.deepEqual(watch.alive(), []);
});

Deno.test("Runs of many sizes at once are computed and come back in their order", async () => {
  const program = await Program.record(
    device,
    { x: f32([8, 2], { batch: true }) },
    ({ x }) => ({ y: affine(x, 2, 0) }),
    { together: 4 },
  );
  const came: number[] = [];
  const runs = Array.from({ length: 40 }, async (_, i) => {
    const rows = 1 + i * 5 % 8;
    const { outputs } = await program.submit({ x: new Float32Array(2 * rows).fill(i) }, { more: i % 3 > 0 });
    const { y } = await outputs;
    assert.deepEqual([...y], Array(2 * rows).fill(2 * i));
    came.push(i);
  });
  await Promise.all(runs);
  assert.deepEqual(came, Array.from({ length: 40 }, (_, i) => i));
  program.destroy();
});

Deno.test("A program that is destroyed while it records a size rejects the run, and leaves nothing behind", async () => {
  const own = await Device.open();
  const watch = watchGpu(own.gpu);
  const program = await doubling(8, [], own);
  const runs = [program.run(rowsOf(3, 1)), program.run(rowsOf(8, 1))];
  const ends = Promise.allSettled(runs);
  await Promise.resolve();
  await Promise.resolve();
  program.destroy();
  for (const { status, ...rest } of await ends) {
    assert.equal(status, "rejected");
    assert.match(String((rest as { reason?: Error }).reason), /EngineError: The program was destroyed/);
  }
  await assert.rejects(program.run(rowsOf(3, 1)), { name: "EngineError", message: /was destroyed/ });
  assert.deepEqual(watch.alive(), []);
  assert.equal(own.failure, undefined);
  own.destroy();
});

Deno.test("A device that is lost while a size is recorded says so", async () => {
  const own = await Device.open();
  const program = await doubling(8, [], own);
  const run = program.run(rowsOf(3, 1));
  own.gpu.destroy();
  await assert.rejects(run, { name: "DeviceLostError" });
  await assert.rejects(program.run(rowsOf(2, 1)), { name: "DeviceLostError" });
});

Deno.test("Batches that do not fit, and bodies that fix a size, are refused; the program runs on", async () => {
  const inputs = { x: f32([4, 3], { batch: true }), n: u32([4], { batch: true }), k: f32([2]) };
  const program = await Program.record(device, inputs, ({ x, n, k }) => ({ y: sum(x), n, k }));
  const k = [1, 2], x = new Float32Array(6), n = [0, 1];
  const bodies = (body: (given: ProgramArguments<{ x: typeof inputs.x }>) => Tensor) => async () => {
    const own = await Program.record(device, { x: inputs.x }, (given) => ({ y: body(given) }));
    try {
      await own.run({ x: new Float32Array(12) });
      await own.run({ x });
    } finally {
      own.destroy();
    }
  };
  const set = new ParameterSet(device);
  const again =
    /^The program, recorded for 4 rows, cannot be recorded for 2: .*takes sizes from its tensors, as x\.shape\[0\]/s;
  const declared = (inputs: Parameters<typeof Program.record>[1]) => () =>
    Program.record(device, inputs, () => ({}));
  const whole = /^Input x \[4,3\] needs 1 to 4 rows of 3 numbers; got /;
  const faults: [() => Promise<unknown>, string, RegExp][] = [
    [() => program.run({ x: new Float32Array(7), n, k }), "ShapeError", /rows of 3 numbers; got 7/],
    [() => program.run({ x: [], n, k }), "ShapeError", whole],
    [() => program.run({ x: new Float32Array(15), n, k }), "ShapeError", whole],
    [() => program.run({ x, n: [1, 2, 3], k }), "ShapeError", /as many rows; got 2 of x and 3 of n/],
    [() => program.run({ x, n, k: [1] }), "ShapeError", /Input k \[2\] needs 2 numbers; got 1/],
    [() => program.run({ x, n: [0, -1], k }), "RangeError", /Input n takes whole numbers/],
    [
      () => program.run({ n, k } as unknown as { x: number[]; n: number[]; k: number[] }),
      "ShapeError",
      /got nothing/,
    ],
    [bodies(({ x }) => add(x, constant(new Float32Array(12), [4, 3]))), "EngineError", again],
    [
      bodies(({ x }) => matmul(x, set.add("w", [3, 1], [1, 2, 3]) as unknown as Tensor)),
      "EngineError",
      again,
    ],
    [
      declared({ x: f32([4], { batch: true }), y: u32([5], { batch: true }) }),
      "ShapeError",
      /x \[4\], y \[5\]/,
    ],
    [declared({ x: f32([], { batch: true }) }), "ShapeError", /the same first axis; got x \[\]/],
  ];
  for (const [call, name, message] of faults) {
    await assert.rejects(call, { name, message });
    assert.equal(device.failure, undefined);
  }
  assert.throws(() => program.begin({ x, n, k }), {
    name: "ShapeError",
    message: /x \[4,3\] needs 12 numbers; got 6/,
  });
  assert.deepEqual(await program.run({ x: [1, 2, 3], n: [7], k }), {
    y: new Float32Array([6]),
    n: new Uint32Array([7]),
    k: new Float32Array([1, 2]),
  });
  for (const owner of [program, set]) owner.destroy();
});

Deno.test("A hundred sizes leave at most 20 MiB behind, and one row takes as long as in a program of one", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--v8-flags=--expose-gc,--max-semi-space-size=2",
      new URL("batch_sizes_process.ts", import.meta.url).href,
    ],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { mebibytes, one, alone, made, alive } = JSON.parse(new TextDecoder().decode(stdout));
  console.log(
    `100 sizes: ${mebibytes.toFixed(1)} MiB; a row ${one.toFixed(2)} ms, alone ${alone.toFixed(2)} ms`,
  );
  assert.ok(mebibytes <= 20, `${mebibytes} MiB`);
  assert.ok(made > 35 && alive <= 32, `${alive} of ${made} pipelines`); // The latest 16 of each kind.
  assert.ok(one <= 1.3 * alone, `${one} ms and ${alone} ms`);
});
