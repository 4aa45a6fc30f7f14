/** How gradients add up, and where they are put; the gradients of single ops are in tests/gradients. */
import assert from "node:assert/strict";
import {
  Adam,
  add,
  backward,
  constant,
  Device,
  f32,
  matmul,
  mul,
  type Parameter,
  ParameterSet,
  Program,
  relu,
  reshape,
  Sgd,
  slice,
  sub,
  sum,
  type Tensor,
} from "../../engine/mod.ts";
import { drawImages, IMAGES, LABELS, SmallNetwork } from "./small_network.ts";

let device: Device;
Deno.test.beforeAll(async () => {
  device = await Device.open();
});
Deno.test.afterAll(() => device.destroy());

/** Gradients of the scalar that `body` makes of two parameters u = [1, 2, 3] and v = [-1, 4, 2]. */
async function gradientsOf(
  body: (u: Parameter, v: Parameter) => Tensor,
): Promise<{ u: number[]; v: number[] }> {
  const set = new ParameterSet(device);
  const u = set.add("u", [3], [1, 2, 3]);
  const v = set.add("v", [3], [-1, 4, 2]);
  const program = await Program.record(device, {}, () => {
    backward(body(u, v));
    return {};
  });
  await program.run({});
  const gradients = (await set.read("gradients")).get("gradients")!;
  for (const owner of [program, set]) owner.destroy();
  return { u: [...gradients.get(u)!], v: [...gradients.get(v)!] };
}

Deno.test("A tensor that two ops read gets the sum of both gradients", async () => {
  const { u } = await gradientsOf((u, v) => {
    const shared = mul(u, v);
    return sum(add(mul(shared, shared), shared));
  });
  // d/du sum((u v)² + u v) = 2 u v² + v
  assert.deepEqual(u, [1, 2, 3].map((x, i) => 2 * x * [-1, 4, 2][i] ** 2 + [-1, 4, 2][i]));
});

Deno.test("A parameter used in three places gets the sum of its gradients", async () => {
  const { u, v } = await gradientsOf((u, v) => sum(add(mul(u, u), mul(u, v))));
  assert.deepEqual(u, [2 - 1, 4 + 4, 6 + 2]);
  assert.deepEqual(v, [1, 2, 3]);
});

Deno.test("Two parameters whose gradient is one and the same tensor both get it", async () => {
  const { u, v } = await gradientsOf((u, v) => {
    const total = add(u, v);
    return sum(mul(total, total));
  });
  assert.deepEqual(u, [0, 12, 10]);
  assert.deepEqual(v, [0, 12, 10]);
});

Deno.test("A parameter's gradient that another gradient is computed from is put in its place all the same", async () => {
  // The gradient of v is that of the sum, from which the product's gradient is made.
  const { u, v } = await gradientsOf((u, v) => {
    const total = add(mul(u, constant([2, 3, 4], [3])), v);
    return sum(mul(total, total));
  });
  assert.deepEqual(v, [2, 20, 28]);
  assert.deepEqual(u, [4, 60, 112]);
});

Deno.test("A parameter that is summed as it is has a gradient of ones", async () => {
  const { u, v } = await gradientsOf((u, v) => add(sum(u), sum(relu(v))));
  assert.deepEqual(u, [1, 1, 1]);
  assert.deepEqual(v, [0, 1, 1]);
});

Deno.test("Gradients pass through reshapes, slices and broadcasts to a parameter's own shape", async () => {
  const { u, v } = await gradientsOf((u, v) => {
    const table = mul(reshape(u, [3, 1]), reshape(v, [1, 3]));
    return sum(slice(table, 1, 1, 3));
  });
  assert.deepEqual(u, [6, 6, 6]);
  assert.deepEqual(v, [0, 6, 6]);
});

Deno.test("A branch that the loss does not use has no gradient, and is not computed", async () => {
  const set = new ParameterSet(device);
  const u = set.add("u", [2], [3, 5]);
  const v = set.add("v", [2], [1, 1]);
  const program = await Program.record(device, { x: f32([2]) }, ({ x }) => {
    const unused = relu(sub(mul(x, v), u));
    const gradients = backward(sum(mul(x, u)));
    assert.equal(gradients.of(v), undefined);
    assert.equal(gradients.of(unused), undefined);
    return { gradient: gradients.of(u)! };
  });
  assert.deepEqual([...(await program.run({ x: [7, 8] })).gradient], [7, 8]);
  assert.ok(!program.dispatches.some(({ dispatch }) => dispatch.kernel === "unary"));
  for (const owner of [program, set]) owner.destroy();
});

Deno.test("A differentiable input has a gradient and parameters of another set keep theirs apart", async () => {
  const [first, second] = [new ParameterSet(device), new ParameterSet(device)];
  const a = first.add("w", [2, 2], [1, 2, 3, 4]);
  const b = second.add("w", [2, 2], [5, 6, 7, 8]);
  const inputs = { x: f32([1, 2], { differentiable: true }) };
  const program = await Program.record(device, inputs, ({ x }) => {
    const gradients = backward(sum(matmul(matmul(x, a), b)));
    return { x: gradients.of(x)!, a: gradients.of(a)!, b: gradients.of(b)! };
  });
  const outputs = await program.run({ x: [1, 10] });
  assert.deepEqual([...outputs.x], [1 * 11 + 2 * 15, 3 * 11 + 4 * 15]);
  assert.deepEqual([...outputs.a], [11, 15, 110, 150]);
  assert.deepEqual([...outputs.b], [31, 31, 42, 42]);
  assert.deepEqual([...(await first.read("gradients")).get("gradients")!.get(a)!], [...outputs.a]);
  assert.deepEqual([...(await second.read("gradients")).get("gradients")!.get(b)!], [...outputs.b]);
  for (const owner of [program, first, second]) owner.destroy();
});

Deno.test("A program that trains the head alone leaves the body where it is, but for weight decay", async () => {
  const network = new SmallNetwork(device);
  const { set, head } = network;
  const optimizer = new Sgd(set, { rate: 0, weightDecay: 0.5 });
  const whole = await network.trainingStep(optimizer);
  const headOnly = await Program.record(
    device,
    { images: f32([IMAGES[0], 6]) },
    ({ images }) => {
      optimizer.minimize(sum(mul(head.apply(images), head.apply(images))));
      return {};
    },
  );
  // The first leaves gradients of the whole network behind; with a learning rate of 0 nothing else.
  await whole.run({ images: drawImages(), labels: LABELS });
  const gradients = (await set.read("gradients")).get("gradients")!;
  assert.ok(gradients.get(network.body[0].weight)!.some((g) => g !== 0), "there is something to clear");
  assert.ok(gradients.size > 10, `${gradients.size} gradients`);
  for (const [parameter, { length }] of gradients) {
    set.writeTrainable("velocity", parameter, new Float32Array(length));
  }
  const before = (await set.read()).get("weights")!;
  optimizer.rate = 0.25;
  await headOnly.run({ images: new Float32Array(36).fill(1) });
  const after = (await set.read()).get("weights")!;
  assert.ok(before.size >= gradients.size && before.has(head.weight));
  for (const [parameter, values] of before) {
    if (parameter === head.weight || parameter === head.bias) {
      assert.notDeepEqual(after.get(parameter), values, parameter.name);
    } else {
      const kept = parameter.decay ? values.map((v) => v - 0.25 * (0.5 * v)) : values;
      assert.deepEqual(after.get(parameter), kept, parameter.name);
    }
  }
  for (const owner of [whole, headOnly, set]) owner.destroy();
});

Deno.test("Adam with another beta1 from a step on corrects the bias of the mean that it has", () => {
  const adam = new Adam(new ParameterSet(device));
  const before = adam.numbers(2);
  adam.laterMomentum = { momentum: 0.5, from: 3 };
  assert.deepEqual(adam.numbers(2), before);
  adam.laterMomentum = { momentum: 0.5, from: -2 };
  assert.deepEqual(adam.numbers(4).slice(5, 6), [1 / (1 - 0.5 ** 4)]);
});
