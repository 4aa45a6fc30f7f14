/** Wrong calls of the engine, each with the class and the words of its error; none of them harms what runs beside it. */
import assert from "node:assert/strict";
import {
  Adam,
  add,
  affine,
  backward,
  constant,
  constantUint32,
  Device,
  f32,
  type InputSpec,
  moveCenters,
  mul,
  ParameterSet,
  Program,
  relu,
  scalars,
  Sgd,
  slice,
  softmaxCrossEntropy,
  stopGradient,
  sum,
  type Tensor,
  u32,
  type Uint32Tensor,
  WeightAverage,
} from "../../engine/mod.ts";
import { firstNonFiniteDispatch } from "../../engine/debug/first_non_finite.ts";
import { profile } from "../../engine/timing/profile.ts";

let device: Device;
/** A program of the device that must give the same numbers after every wrong call. */
let bystander: Program<{ x: InputSpec<Tensor> }, { y: Tensor }>;
Deno.test.beforeAll(async () => {
  device = await Device.open();
  bystander = await Program.record(device, { x: f32([2, 3]) }, ({ x }) => ({ y: sum(x) }));
});
Deno.test.afterAll(() => device.destroy());

/** A wrong call, the error's class, and what its message must match. */
type Fault = readonly [call: () => unknown, name: string, message: RegExp];

async function refuses(faults: Readonly<Record<string, Fault>>): Promise<void> {
  for (const [what, [call, name, message]] of Object.entries(faults)) {
    await assert.rejects(async () => await call(), { name, message }, what);
    assert.equal(device.failure, undefined, what);
  }
  assert.equal((await bystander.run({ x: [1, 2, 3, 4, 5, 6] })).y[0], 21);
}

/** What JavaScript may call although the types forbid it. */
// deno-lint-ignore no-explicit-any
const untyped = (value: unknown) => value as any;

const recordBody = (body: (x: Tensor) => unknown) =>
  Program.record(device, { x: f32([2, 3]) }, ({ x }) => untyped(body(x)));

const recordInput = (spec: unknown) => Program.record(device, { x: untyped(spec) }, () => ({}));

Deno.test("What a program's body returns must be tensors by name", async () => {
  const set = new ParameterSet(device);
  const w = set.add("w", [1], [1]);
  await refuses({
    "nothing": [() => recordBody(() => undefined), "EngineError", /body returned undefined.*\{ y: tensor \}/],
    "a promise": [() => recordBody((x) => Promise.resolve({ y: x })), "EngineError", /promise.*not be async/],
    "a tensor": [() => recordBody((x) => x), "EngineError", /returned a tensor.*\{ y: tensor \}/],
    "an array": [() => recordBody((x) => [x]), "EngineError", /returned an array/],
    "undefined": [() => recordBody(() => ({ y: undefined })), "EngineError", /Output y is undefined/],
    "null": [() => recordBody(() => ({ y: null })), "EngineError", /Output y is null/],
    "a number": [() => recordBody(() => ({ y: 3 })), "EngineError", /Output y is a number/],
    "nested tensors": [() => recordBody((x) => ({ y: { z: x } })), "EngineError", /Output y is an object/],
    "a list": [() => recordBody((x) => ({ y: [x, x] })), "EngineError", /Output y is an array/],
    "a promise among them": [
      () => recordBody((x) => ({ y: Promise.resolve(x) })),
      "EngineError",
      /Output y is a promise/,
    ],
    "a parameter": [
      () => recordBody(() => ({ w })),
      "EngineError",
      /Output w is a parameter.*affine\(w, 1, 0\)/,
    ],
  });
  set.destroy();
});

Deno.test("An input's shape is a list of whole numbers from 1 on", async () => {
  const shapes = [[-1, 3], [0], [2, 1.5], [NaN], [Infinity], ["3"], 3, undefined];
  const wrong = (shape: unknown): Fault => [
    () => recordInput(f32(untyped(shape))),
    "ShapeError",
    /^Input x takes a shape of whole numbers from 1 on, such as \[64, 3\]; got /,
  ];
  await refuses({
    ...Object.fromEntries(shapes.map((shape) => [`f32(${JSON.stringify(shape)})`, wrong(shape)])),
    "no spec": [
      () => recordInput([2, 3]),
      "EngineError",
      /Input x is declared by f32\(.*u32\(.*or scalars\(/,
    ],
    "scalars(NaN)": [() => scalars(NaN), "RangeError", /1 to 16 numbers; got NaN/],
    "scalars(1.5)": [() => scalars(1.5), "RangeError", /1 to 16 numbers; got 1.5/],
    "more than fits": [
      () => Program.record(device, { x: f32([2 ** 40, 2 ** 40]) }, ({ x }) => ({ y: relu(x) })),
      "LimitError",
      /Input x .* fewer than 2\^32/,
    ],
    "a parameter's": [
      () => new ParameterSet(device).add("w", [2, -3], new Float32Array(6)),
      "ShapeError",
      /Parameter w takes a shape/,
    ],
    "a constant's": [() => constant([1], [-1, -1]), "ShapeError", /constant\(\) takes a shape/],
  });
});

Deno.test("A run takes each input by its name, in numbers of its type", async () => {
  const inputs = { images: f32([2]), labels: u32([2]) };
  const program = await Program.record(
    device,
    inputs,
    ({ images, labels }) => ({ y: relu(images), n: labels }),
  );
  const run = (given: Record<string, unknown>) => () => program.run(untyped(given));
  const images = [1, NaN];
  const whole = /Input labels takes whole numbers from 0 to 4294967295; got (\S+) at 1/;
  await refuses({
    "unknown": [
      run({ images, lables: [0, 1] }),
      "EngineError",
      /no input lables; its inputs are images, labels/,
    ],
    "missing": [run({ images }), "ShapeError", /Input labels \[2\] needs 2 numbers; got nothing/],
    "no inputs": [() => program.run(untyped(undefined)), "ShapeError", /Input images .* got nothing/],
    "a number": [run({ images: 3, labels: [0, 1] }), "ShapeError", /Input images .* got a number/],
    "nested": [run({ images: [[1], [2], [3]], labels: [0, 1] }), "ShapeError", /Input images .*got 3/],
    "nested, as many": [run({ images: [[1], [2]], labels: [0, 1] }), "ShapeError", /got an array in it/],
    "labels -1": [run({ images, labels: [0, -1] }), "RangeError", whole],
    "labels 1.5": [run({ images, labels: new Float32Array([0, 1.5]) }), "RangeError", whole],
    "labels NaN": [run({ images, labels: [0, NaN] }), "RangeError", whole],
    "labels 2^32": [run({ images, labels: [0, 2 ** 32] }), "RangeError", whole],
    "labels Int32Array": [run({ images, labels: new Int32Array([0, -1]) }), "RangeError", whole],
    "a constant": [() => constantUint32([0, -1]), "RangeError", /constantUint32\(\) takes whole numbers/],
  });
  const { y, n } = await program.run({ images, labels: [0, 2 ** 32 - 1] });
  assert.equal(y[0], 1); // NaN among f32 numbers is data.
  assert.deepEqual([...n], [0, 2 ** 32 - 1]);
  program.destroy();
});

Deno.test("Labels from the host are below the number of classes", async () => {
  const set = new ParameterSet(device);
  const centers = set.add("centers", [4, 2], new Float32Array(8), { trainable: false });
  const inputs = { z: f32([2, 4]), labels: u32([2]) };
  const loss = (z: Tensor, labels: Uint32Tensor) => softmaxCrossEntropy(z, labels, 0).loss;
  const entropy = await Program.record(device, inputs, ({ z, labels }) => ({ loss: loss(z, labels) }));
  const moved = await Program.record(device, { x: f32([2, 2]), labels: u32([2]) }, ({ x, labels }) => {
    moveCenters(centers, x, labels, 0.5);
    return {};
  });
  const both = await Program.record(device, inputs, ({ z, labels }) => ({
    loss: add(loss(z, labels), loss(slice(z, 1, 0, 3), labels)),
  }));
  const [z, x] = [new Float32Array(8), new Float32Array(4)];
  const below = (op: string) =>
    new RegExp(`labels takes whole numbers from 0 to 3, as ${op}\\(\\) has 4 classes; got 4 at 1`);
  await refuses({
    "entropy": [() => entropy.run({ z, labels: [3, 4] }), "RangeError", below("softmaxCrossEntropy")],
    "in words": [
      () => entropy.run({ z, labels: new Uint32Array([3, 4]) }),
      "RangeError",
      below("softmaxCrossEntropy"),
    ],
    "the lower of two": [
      () => both.run({ z, labels: [2, 3] }),
      "RangeError",
      /from 0 to 2, as softmaxCrossEntropy\(\) has 3 classes; got 3 at 1/,
    ],
    "centers": [() => moved.run({ x, labels: [3, 4] }), "RangeError", below("moveCenters")],
    "constant": [
      () => recordBody((x) => ({ loss: loss(x, constantUint32([0, 3])) })),
      "RangeError",
      /from 0 to 2, as softmaxCrossEntropy\(\) has 3 classes; got 3 at 1/,
    ],
  });
  assert.ok((await entropy.run({ z, labels: [3, 0] })).loss[0]! > 0);
  for (const owner of [entropy, both, moved, set]) owner.destroy();
});

Deno.test("Gradients are of what the loss can be differentiated by, and once", async () => {
  const set = new ParameterSet(device);
  const w = set.add("w", [3], [1, 2, 3]);
  const still = set.add("still", [3], [1, 2, 3], { trainable: false });
  const of = (x: Tensor, other: Parameters<ReturnType<typeof backward>["of"]>[0]) =>
    backward(sum(mul(mul(x, w), still))).of(other);
  const twice = (more: (gradient: Tensor) => Tensor) => (x: Tensor) => {
    const loss = sum(mul(mul(x, x), mul(w, w)));
    const gradient = backward(loss).of(w)!;
    backward(add(loss, more(gradient)));
    return {};
  };
  const second = /depends on gradients.*second derivatives are not supported/;
  await refuses({
    "an input": [
      () => recordBody((x) => ({ y: of(x, x) })),
      "EngineError",
      /Input x is not differentiable.*f32\(\[2, 3\], \{ differentiable: true \}\)/,
    ],
    "state": [
      () => recordBody((x) => ({ y: of(x, still) })),
      "EngineError",
      /Parameter still is not trainable/,
    ],
    "a result": [
      () => recordBody((x) => ({ y: of(x, relu(x)) })),
      "EngineError",
      /tensor \[2,3\] depends on no/,
    ],
    "squared gradient": [() => recordBody(twice((g) => sum(mul(g, g)))), "EngineError", second],
    "the same set again": [
      () => recordBody(twice((g) => sum(mul(stopGradient(g), w)))),
      "EngineError",
      /gradients of w .* known in this program already/,
    ],
    "gradient and loss": [() => recordBody(twice((g) => sum(mul(relu(g), w)))), "EngineError", second],
  });
  const constantly = await Program.record(device, { x: f32([3], { differentiable: true }) }, ({ x }) => {
    const gradient = backward(sum(mul(x, x))).of(x)!;
    return { y: backward(sum(mul(mul(stopGradient(gradient), w), w))).of(w)! };
  });
  assert.deepEqual([...(await constantly.run({ x: [1, 2, 3] })).y], [4, 16, 36]);
  for (const owner of [constantly, set]) owner.destroy();
});

Deno.test("A destroyed parameter set, or one of another device, fails for those alone who use it", async () => {
  const set = new ParameterSet(device);
  const w = set.add("w", [3], [1, 2, 3]);
  const optimizer = new Sgd(set, { rate: 0.1 });
  const read = await Program.record(device, { x: f32([2, 3]) }, ({ x }) => ({ y: sum(mul(x, w)) }));
  const step = await Program.record(device, {}, () => {
    optimizer.minimize(sum(mul(w, w)));
    return {};
  });
  await step.run({});
  set.destroy();
  const gone: [string, RegExp] = ["EngineError", /parameter set of w was destroyed/];
  const other = await Device.open();
  const theirs = new ParameterSet(other);
  const v = theirs.add("v", [3], [1, 2, 3]);
  const theirOptimizer = new Sgd(theirs);
  const foreign: [string, RegExp] = ["EngineError", /parameter set of v is on another device/];
  const here = new ParameterSet(device);
  const u = here.add("u", [3], [1, 2, 3]);
  await refuses({
    "recording": [() => recordBody((x) => ({ y: mul(x, w) })), ...gone],
    "an output": [() => recordBody(() => ({ y: affine(w, 1, 0) })), ...gone],
    "a run": [() => read.run({ x: new Float32Array(6) }), ...gone],
    "an update": [() => step.run({}), ...gone],
    "reading": [() => set.read(), ...gone],
    "writing": [() => set.write(w, [1, 2, 3]), ...gone],
    "writing moments": [() => set.writeTrainable("velocity", w, [1, 2, 3]), ...gone],
    "adding": [() => set.add("late", [1], [1]), ...gone],
    "another device": [() => recordBody((x) => ({ y: mul(x, v) })), ...foreign],
    "an optimizer of another device": [
      () =>
        Program.record(device, {}, () => {
          theirOptimizer.minimize(sum(mul(v, v)));
          return {};
        }),
      ...foreign,
    ],
    "another set": [() => here.write(v, [1, 2, 3]), "EngineError", /Parameter v belongs to another set/],
  });
  assert.deepEqual([...(await theirs.read()).get("weights")!.get(v)!], [1, 2, 3]);
  assert.deepEqual([...(await here.read()).get("weights")!.get(u)!], [1, 2, 3]);
  for (const owner of [read, step, here, other]) owner.destroy();
});

Deno.test("An op, a constant or a parameter takes tensors or numbers as it says", async () => {
  const takes = (got: string) => new RegExp(`takes a tensor or a parameter where it got ${got}`);
  const given = (value: unknown) => () => recordBody(() => ({ y: relu(untyped(value)) }));
  const set = new ParameterSet(device);
  const w = set.add("w", [2], [1, 2]);
  const together = (runs: number) => () =>
    Program.record(device, { x: f32([2]) }, ({ x }) => ({ y: relu(x) }), { together: runs });
  await refuses({
    "undefined": [given(undefined), "EngineError", takes("undefined")],
    "an array": [given([1, 2]), "EngineError", takes("an array")],
    "a promise": [given(Promise.resolve()), "EngineError", takes("a promise")],
    "words": [given(constantUint32([1])), "EngineError", takes("a Uint32Tensor")],
    "an operand": [() => recordBody((x) => ({ y: add(x, untyped("1")) })), "EngineError", takes("a string")],
    "a loss": [() => recordBody(() => backward(untyped(undefined))), "EngineError", takes("undefined")],
    "labels": [
      () => recordBody((x) => ({ y: softmaxCrossEntropy(x, untyped([0]), 0).loss })),
      "EngineError",
      /softmaxCrossEntropy\(\) takes labels as an input u32\(shape\) .*; got an array/,
    ],
    "a nested constant": [
      () => constant(untyped([[1], [2]]), [2]),
      "ShapeError",
      /in one list; got an array in it/,
    ],
    "big integers": [() => constant(untyped([1n, 2n]), [2]), "ShapeError", /in one list; got a bigint in it/],
    "a constant": [() => constant(untyped(undefined), [2]), "ShapeError", /needs 2 numbers; got nothing/],
    "a parameter": [
      () => set.add("v", [2], untyped(3)),
      "ShapeError",
      /v \[2\] needs 2 numbers; got a number/,
    ],
    "a write": [() => set.write(w, untyped(undefined)), "ShapeError", /needs 2 numbers; got nothing/],
    "together 0": [together(0), "RangeError", /whole number of runs from 1 on .*; got 0/],
    "together NaN": [together(NaN), "RangeError", /whole number of runs from 1 on .*; got NaN/],
  });
  set.destroy();
});

Deno.test("A program that is destroyed while it is looked into harms nothing else", async () => {
  const own = await Device.open({ timestamps: true });
  const record = () => Program.record(own, { x: f32([2, 3]) }, ({ x }) => ({ y: relu(sum(relu(x))) }));
  const inputs = { x: new Float32Array(6) };
  type Looked = Awaited<ReturnType<typeof record>>;
  for (
    const look of [
      (program: Looked) => profile(program, inputs) as Promise<unknown>,
      (program: Looked) => firstNonFiniteDispatch(program, inputs),
    ]
  ) {
    const program = await record();
    const looking = assert.rejects(look(program), { name: "EngineError", message: /was destroyed/ });
    program.destroy();
    await looking;
    await own.idle();
  }
  assert.equal(own.failure, undefined);
  own.destroy();
});

Deno.test("An optimizer's numbers are within their ranges", async () => {
  const set = new ParameterSet(device);
  const [sgd, adam] = [new Sgd(set), new Adam(set)];
  const rate = /learning rate is a number from 0 on; got/,
    steps = /steps so far are a whole number from 0 on; got/;
  await refuses(Object.fromEntries(
    [sgd, adam].flatMap((optimizer) => [
      ...[NaN, -0.1, Infinity, untyped(undefined)].map((bad): [string, Fault] => [
        `${optimizer.constructor.name} rate ${bad}`,
        [() => optimizer.rate = bad, "RangeError", rate],
      ]),
      ...[1.5, -1, NaN].map((bad): [string, Fault] => [
        `${optimizer.constructor.name} step ${bad}`,
        [() => optimizer.step = bad, "RangeError", steps],
      ]),
    ]),
  ));
  const average = (decay: number) => {
    const averaged = new ParameterSet(device);
    averaged.add("w", [1], [1]);
    return new WeightAverage(averaged, decay);
  };
  await refuses({
    "momentum": [
      () => new Sgd(set, { momentum: 1 }),
      "RangeError",
      /momentum is .* from 0 to below 1; got 1/,
    ],
    "beta1": [() => new Adam(set, { beta1: -0.1 }), "RangeError", /beta1 is .* from 0 to below 1; got -0.1/],
    "beta2": [() => new Adam(set, { beta2: NaN }), "RangeError", /beta2 is .* from 0 to below 1; got NaN/],
    "epsilon": [() => new Adam(set, { epsilon: -1 }), "RangeError", /epsilon is .* from 0 on; got -1/],
    "decay": [() => new Sgd(set, { weightDecay: NaN }), "RangeError", /weightDecay is .* from 0 on; got NaN/],
    "average": [() => average(1), "RangeError", /decay is .* from 0 to below 1; got 1/],
    "an average's step": [
      () => average(0.9).decayAt(0),
      "RangeError",
      /Steps are whole numbers from 1 on; got 0/,
    ],
    "rate": [() => new Adam(set, { rate: -1 }), "RangeError", /rate is .* from 0 on; got -1/],
    "clip": [() => new Sgd(set, { clipNorm: -1 }), "RangeError", /clipNorm is .* from 0 on; got -1/],
  });
  sgd.rate = 0; // A step that moves nothing.
  assert.equal(sgd.numbers(1)[0], 0);
  set.destroy();
});
