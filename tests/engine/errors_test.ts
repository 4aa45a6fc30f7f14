/** What a user of the engine may get wrong, and what the engine says. */
import assert from "node:assert/strict";
import {
  add,
  backward,
  constant,
  constantUint32,
  Device,
  dropout,
  expand,
  f32,
  gather,
  matmul,
  mul,
  oneHot,
  pad,
  ParameterSet,
  Program,
  record,
  relu,
  reshape,
  scalars,
  Sgd,
  split,
  sum,
  temporary,
  Tensor,
  toFloat,
  u32,
} from "../../engine/mod.ts";
import { watchGpu } from "./watch_gpu.ts";

let device: Device;
Deno.test.beforeAll(async () => {
  device = await Device.open();
});
Deno.test.afterAll(() => device.destroy());

Deno.test("An op outside a program says where ops work", () => {
  const outside = { name: "EngineError", message: /inside a program only: Program\.record/ };
  const tensor = constant([1, 2], [2]);
  assert.throws(() => relu(tensor), outside);
  assert.throws(() => backward(tensor), { name: "EngineError" });
});

Deno.test("An op works outside a program no better after a recording that failed", async () => {
  await assert.rejects(
    Program.record(device, {}, () => {
      throw new Error("from the body");
    }),
    /from the body/,
  );
  assert.throws(() => relu(constant([1], [1])), { name: "EngineError" });
});

Deno.test("A run refuses inputs that are missing or of another size, and runs on afterward", async () => {
  const program = await Program.record(device, { x: f32([2, 3]), n: u32([2]) }, ({ x }) => ({ y: sum(x) }));
  const run = (inputs: Record<string, ArrayLike<number>>) =>
    program.run(inputs as { x: ArrayLike<number>; n: ArrayLike<number> });
  const n = [0, 1];
  const wrong = { name: "ShapeError", message: /Input x \[2,3\] needs 6 numbers; got 5/ };
  await assert.rejects(run({ x: new Float32Array(5), n }), wrong);
  await assert.rejects(run({ n }), { name: "ShapeError", message: /Input x .* got nothing/ });
  await assert.rejects(run({ x: new Float32Array(6), n: [1] }), {
    message: /Input n \[2\] needs 2 numbers; got 1/,
  });
  assert.equal((await run({ x: [1, 2, 3, 4, 5, 6], n })).y[0], 21);
  program.destroy();
});

Deno.test("Operands that do not fit are named with their shapes", async () => {
  const inputs = { a: f32([2, 3]), b: f32([4, 5]) };
  const recordWith = (body: (a: Tensor, b: Tensor) => Tensor) =>
    Program.record(device, inputs, ({ a, b }) => ({ y: body(a, b) }));
  const shapes = { name: "ShapeError", message: /\[2,3\].*\[4,5\]/ };
  await assert.rejects(recordWith((a, b) => add(a, b)), shapes);
  await assert.rejects(recordWith((a, b) => matmul(a, b)), shapes);
  assert.throws(() => constant([1, 2, 3], [2]), {
    name: "ShapeError",
    message: /\[2\] needs 2 numbers; got 3/,
  });
  assert.throws(() => scalars(17), { name: "RangeError", message: /1 to 16 numbers; got 17/ });
});

Deno.test("Only a scalar that depends on a parameter has gradients", async () => {
  const set = new ParameterSet(device);
  const w = set.add("w", [3], [1, 2, 3]);
  const recordWith = (body: (x: Tensor) => Tensor) =>
    Program.record(device, { x: f32([3]) }, ({ x }) => {
      backward(body(x));
      return {};
    });
  await assert.rejects(recordWith((x) => mul(x, w)), {
    name: "EngineError",
    message: /scalar; got .* \[3\]/,
  });
  await assert.rejects(recordWith((x) => sum(x)), {
    name: "EngineError",
    message: /depends on no parameter/,
  });
  set.destroy();
});

Deno.test("A tensor larger than the adapter holds is refused before anything is allocated", async () => {
  for (const storage of ["buffer", "texture"] as const) {
    const small = await Device.open({ storage, limits: "default" });
    const watch = watchGpu(small.gpu);
    // 4 GiB, which is no size of a binding anywhere, behind tensors that would fit.
    const inputs = { x: f32([1, 1024]), y: f32([2 ** 20, 1]) };
    await assert.rejects(
      Program.record(small, inputs, ({ x, y }) => ({ z: sum(relu(matmul(relu(y), x))) })),
      {
        name: "LimitError",
        message: /shape \[1048576,1024\] takes 4096\.0 MiB.*holds at most [\d.]+ MiB.*\d+ times smaller fits/,
      },
    );
    assert.deepEqual(watch.alive(), [], storage);
    assert.equal(watch.calls.get("createBuffer") ?? 0, 0);
    assert.equal(watch.calls.get("createTexture") ?? 0, 0);
    small.destroy();
  }
});

Deno.test("The batch that a refusal names does fit", async () => {
  const small = await Device.open({ storage: "buffer", limits: "default" });
  const recordBatch = (batch: number) =>
    Program.record(small, { x: f32([batch, 4096, 64]) }, ({ x }) => ({ y: sum(relu(x)) }));
  const error: Error = await recordBatch(200).then(() => assert.fail("must be refused"), (error) => error);
  const times = Number(/(\d+) times smaller/.exec(error.message)![1]);
  assert.equal(times, 2);
  (await recordBatch(200 / times)).destroy();
  small.destroy();
});

Deno.test("A parameter set refuses values that do not fill their shape and names that are taken", () => {
  const set = new ParameterSet(device);
  set.add("w", [2, 3], new Float32Array(6));
  assert.throws(() => set.add("v", [2, 3], [1, 2]), {
    name: "ShapeError",
    message: /v \[2,3\] needs 6 .* got 2/,
  });
  assert.throws(() => set.add("w", [1], [1]), { name: "EngineError", message: /w exists already/ });
  assert.throws(() => set.write(set.get("w")!, [1]), {
    name: "ShapeError",
    message: /w \[2,3\] needs 6 .* got 1/,
  });
  set.destroy();
});

Deno.test("A network with more parameters than one buffer holds is refused", async () => {
  const small = await Device.open({ storage: "buffer" });
  const limits = new Proxy(small.gpu.limits, {
    get: (target, name) => name === "maxStorageBufferBindingSize" ? 2 ** 19 : Reflect.get(target, name),
  });
  Object.defineProperty(small.gpu, "limits", { value: limits });
  const set = new ParameterSet(small);
  const w = set.add("w", [512, 512], new Float32Array(512 * 512));
  await assert.rejects(Program.record(small, {}, () => ({ y: sum(w) })), {
    name: "LimitError",
    message: /^The weights of a network with 262144 parameters take 1\.0 MiB .* at most 0\.5 MiB/,
  });
  small.destroy();
});

Deno.test("A parameter set that is in use takes no more parameters", async () => {
  const set = new ParameterSet(device);
  const w = set.add("w", [3], [1, 2, 3]);
  const program = await Program.record(device, {}, () => ({ y: sum(mul(w, w)) }));
  assert.throws(() => set.add("late", [1], [0]), {
    name: "EngineError",
    message: /late: the set is already in use/,
  });
  assert.equal((await program.run({})).y[0], 14);
  for (const owner of [program, set]) owner.destroy();
});

Deno.test("A device that was destroyed says so", async () => {
  const gone = await Device.open();
  const program = await Program.record(gone, { x: f32([1]) }, ({ x }) => ({ y: relu(x) }));
  const set = new ParameterSet(gone);
  set.add("w", [1], [1]);
  gone.destroy();
  const lost = { name: "DeviceLostError", message: /device was destroyed; open another one/ };
  await assert.rejects(program.run({ x: [1] }), lost);
  await assert.rejects(Program.record(gone, {}, () => ({})), lost);
});

Deno.test("A device that is lost says so, however soon it is asked", async () => {
  const lost = await Device.open();
  const program = await Program.record(lost, { x: f32([2]) }, ({ x }) => ({ y: sum(x) }));
  lost.gpu.destroy(); // As a driver does it: the engine is not told before the next turn.
  await assert.rejects(program.run({ x: [1, 2] }), { name: "DeviceLostError", message: /The GPU was lost/ });
});

Deno.test("A tensor belongs to the program that it was made in", async () => {
  const inputs = { x: f32([2]) };
  let input: Tensor, made: Tensor;
  const first = await Program.record(device, inputs, ({ x }) => {
    [input, made] = [x, relu(x)];
    return { y: made };
  });
  const foreign = { name: "EngineError", message: /\[2\] of another program/ };
  for (const tensor of [() => input, () => made]) {
    await assert.rejects(Program.record(device, inputs, ({ x }) => ({ y: add(x, tensor()) })), foreign);
    await assert.rejects(Program.record(device, {}, () => ({ y: tensor() })), foreign);
  }
  first.destroy();
});

Deno.test("Weights cannot be read after their update in the same program, where they might be old or new", async () => {
  const set = new ParameterSet(device);
  const w = set.add("w", [1, 4], [1, 1, 1, 1]);
  const optimizer = new Sgd(set);
  const loss = () => sum(mul(w, w));
  await assert.rejects(
    Program.record(device, {}, () => {
      optimizer.minimize(loss());
      return { after: loss() };
    }),
    { name: "EngineError", message: /Parameter w cannot be used once its set has been updated/ },
  );
  set.destroy();
});

Deno.test("A program that was destroyed says so, and leaves the device usable", async () => {
  const inputs = { x: f32([1]) };
  const program = await Program.record(device, inputs, ({ x }) => ({ y: relu(x) }));
  program.destroy();
  await assert.rejects(program.run({ x: [1] }), { name: "EngineError", message: /program was destroyed/ });
  const another = await Program.record(device, inputs, ({ x }) => ({ y: relu(x) }));
  assert.equal((await another.run({ x: [1] })).y[0], 1);
  another.destroy();
});

Deno.test("A run that the GPU refuses fails, rather than giving the numbers of an earlier one", async () => {
  const own = await Device.open();
  const set = new ParameterSet(own);
  const w = set.add("w", [2], [3, 4]);
  const program = await Program.record(own, {}, () => ({ y: sum(mul(w, w)) }));
  assert.equal((await program.run({})).y[0], 25);
  const { buffer } = set.flat("weights");
  buffer.destroy(); // Behind the engine's back, which would refuse the run itself.
  await assert.rejects(program.run({}), { name: "GpuError", message: /The GPU refused a call/ });
  own.destroy();
});

Deno.test("A wrong shader is reported with the kernel's name, not lost", async () => {
  const own = await Device.open();
  const dispatch = {
    kernel: "broken",
    source: "@compute @workgroup_size(64) fn main() { y_store(0u, nonsense); }",
    bindings: [{ name: "y", type: "f32", access: "write" }],
    constants: {},
    tile: {},
    workgroups: [1, 1, 1],
    cost: { flops: 0, bytes: 0 },
  } as const;
  await assert.rejects(
    Program.record(own, {}, () => {
      const y = temporary([4]);
      record(dispatch, { y });
      return { y: new Tensor([4], y) };
    }),
    { name: "GpuError", message: /Cannot prepare the program: .*broken/s },
  );
  assert.equal(own.failure, undefined);
  own.destroy();
});

Deno.test("Optimizers leave a set alone whose parameters the loss does not reach", async () => {
  const [used, other] = [new ParameterSet(device), new ParameterSet(device)];
  const w = used.add("w", [2], [1, 2]);
  const v = other.add("v", [2], [3, 4]);
  const optimizer = new Sgd(used, { rate: 0.25 });
  const program = await Program.record(device, {}, () => {
    optimizer.minimize(sum(mul(w, w)));
    return {};
  });
  await program.run({});
  assert.deepEqual([...(await used.read()).get("weights")!.get(w)!], [0.5, 1]);
  assert.deepEqual([...(await other.read()).get("weights")!.get(v)!], [3, 4]);
  for (const owner of [program, used, other]) owner.destroy();
});

Deno.test("Ops name the argument that they cannot take", async () => {
  const program = await Program.record(device, { x: f32([2, 3]) }, ({ x }) => {
    const refused: readonly (readonly [() => unknown, RegExp])[] = [
      [() => split(x, -1, 1), /ShapeError: Cannot split axis 1 of \[2,3\] into -1/],
      [() => split(x, 1.5, 1), /ShapeError: Cannot split axis 1 of \[2,3\] into 1.5/],
      [() => expand(sum(x), [0, 2]), /ShapeError: expand\(\) takes a shape of whole numbers .*\[0,2\]/],
      [() => expand(sum(x), [-1]), /ShapeError: expand\(\) takes a shape .*\[-1\]/],
      [() => reshape(x, [-1, 6, -1]), /ShapeError: Cannot reshape .* at most one is -1/],
      [() => pad(x, 1 as never), /ShapeError: pad\(\) of \[2,3\] takes a pair .* got 1/],
      [() => pad(x, [[1], [1]] as never), /ShapeError: pad\(\) of \[2,3\] takes a pair/],
      [() => gather(x, [0] as never), /EngineError: gather\(\) takes indices as an input u32.* got an array/],
      [() => gather(x, x as never), /EngineError: gather\(\) takes indices .* got a tensor of f32/],
      [() => oneHot([0] as never, 3), /EngineError: oneHot\(\) takes labels .* got an array/],
      [() => toFloat(x as never), /EngineError: toFloat\(\) takes integers .* got a tensor of f32/],
      [() => dropout(x, 0.5, 7 as never), /EngineError: dropout\(\) takes a key .* got a number/],
      [
        () => matmul(expand(x, [2, 2, 2, 2, 3]), constant([1, 1, 1, 1, 1, 1], [2, 1, 1, 3, 1])),
        /ShapeError: Cannot multiply .*: more than two axes of batches, which repeat/,
      ],
    ];
    for (const [call, message] of refused) assert.throws(call, (error) => message.test(String(error)));
    return { y: dropout(x, 0, constantUint32([1])) };
  });
  assert.deepEqual([...(await program.run({ x: [1, 2, 3, 4, 5, 6] })).y], [1, 2, 3, 4, 5, 6]);
  program.destroy();
});
