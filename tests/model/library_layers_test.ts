/** Layers against the ops and numbers that they stand for, parameter files, and two trainings as one writes them in PyTorch. */
import assert from "node:assert/strict";
import {
  Adam,
  backward,
  clipByGlobalNorm,
  conv2d,
  dense,
  Device,
  dropout,
  f32,
  gather,
  globalAveragePool,
  layerNorm,
  ParameterSet,
  perRun,
  Program,
  Random,
  relu,
  reshape,
  sub,
  type Tensor,
  u32,
} from "../../engine/mod.ts";
import { crossEntropy, hardTripletLoss, TRIPLET_DEFAULTS } from "../../losses/mod.ts";
import {
  BatchNorm,
  Conv2d,
  decodeSafetensors,
  DepthwiseConv2d,
  Embedding,
  encodeSafetensors,
  LayerNorm,
  Linear,
  loadParameters,
  saveParameters,
} from "../../model/mod.ts";

const device = await Device.open();

Deno.test("Layers are their ops with parameters of the stated shapes, names and first values", async () => {
  const [set, random] = [new ParameterSet(device), new Random(3)];
  const conv = new Conv2d(set, "conv", random, 8, 12, { size: 5, stride: 2, padding: 2, groups: 2 });
  const depthwise = new DepthwiseConv2d(set, "depthwise", random, 6, { padding: "same", bias: false });
  const linear = new Linear(set, "linear", random, 6, 7);
  const norm = new LayerNorm(set, "norm", 7);
  const table = new Embedding(set, "table", random, 5, 3);
  const batchNorm = new BatchNorm(set, "bn", 6);
  assert.deepEqual(
    set.parameters.map(({ name, shape, decay }) => `${name} [${shape}]${decay ? " decays" : ""}`),
    [
      "conv.weight [5,5,4,12] decays",
      "conv.bias [12]",
      "depthwise.weight [3,3,1,6] decays",
      "linear.weight [6,7] decays",
      "linear.bias [7]",
      "norm.gamma [7]",
      "norm.beta [7]",
      "table.weight [5,3] decays",
      "bn.gamma [6]",
      "bn.beta [6]",
      "bn.running_mean [6]",
      "bn.running_variance [6]",
    ],
  );
  assert.deepEqual(batchNorm.options, { epsilon: 1e-5, momentum: 0.9 });
  const inputs = { x: f32([2, 9, 7, 8]), y: f32([2, 5, 6, 6]), i: u32([2, 4]) };
  const program = await Program.record(device, inputs, ({ x, y, i }) => {
    const convolved = conv2d(x, conv.weight, { bias: conv.bias!, stride: 2, padding: 2, groups: 2 });
    const separate = conv2d(y, depthwise.weight, { padding: "same", groups: 6 });
    const rows = linear.apply(y);
    const flat = dense(reshape(y, [60, 6]), linear.weight, linear.bias!);
    const differences = [
      sub(conv.apply(x), convolved),
      sub(depthwise.apply(y), separate),
      sub(reshape(rows, [60, 7]), flat),
      sub(norm.apply(rows), layerNorm(rows, norm.gamma, norm.beta)),
      sub(table.apply(i), gather(table.weight, i)),
    ];
    return Object.fromEntries(differences.map((difference, n) => [n, difference])) as Record<string, Tensor>;
  });
  const draw = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const data = { x: draw(2 * 9 * 7 * 8), y: draw(2 * 5 * 6 * 6), i: [0, 1, 2, 3, 4, 3, 2, 1] };
  const outputs = await program.run(data);
  assert.equal(outputs[0]!.length, 2 * 5 * 4 * 12);
  for (const [name, values] of Object.entries(outputs)) assert.ok(values.every((d) => d === 0), name);
  await assert.rejects(program.run({ ...data, i: [0, 1, 2, 3, 4, 5, 0, 0] }), {
    name: "RangeError",
    message: /Input i takes whole numbers from 0 to 4, as Embedding.apply\(\) has 5 rows; got 5 at 5/,
  });
  const limit = 1 / Math.sqrt(5 * 5 * 4);
  for (const parameter of [conv.weight, conv.bias!]) {
    const values = await parameter.read();
    assert.ok(
      values.every((value) => Math.abs(value) <= limit) && values.some((value) => value < -limit / 2),
    );
  }
  for (const owner of [program, set]) owner.destroy();
});

Deno.test("A parameter set is saved and loaded whole, or what fits of it", async () => {
  const make = (names: readonly string[]) => {
    const set = new ParameterSet(device);
    names.forEach((name, i) =>
      set.add(name, [2, 3], new Float32Array(6).fill(i + 1), { trainable: i !== 1 })
    );
    return set;
  };
  const [set, same, other] = [make(["a", "b", "c"]), make(["a", "b", "c"]), make(["c", "x"])];
  set.get("b")!.write([1, 2, 3, 4, 5, 6]);
  const bytes = await saveParameters(set, { from: "a test" });
  const { tensors, metadata } = decodeSafetensors(bytes);
  assert.deepEqual([[...tensors.keys()], metadata], [["a", "b", "c"], { from: "a test" }]);
  same.get("a")!.write(new Float32Array(6));
  assert.deepEqual(loadParameters(same, bytes), { missing: [], unexpected: [] });
  assert.deepEqual(await saveParameters(same, { from: "a test" }), bytes);
  assert.throws(() => loadParameters(other, bytes), {
    name: "EngineError",
    message: /it has no "x"; it has, and the set has not, "a", "b"\. Not strict/,
  });
  assert.deepEqual([...await other.get("c")!.read()], [1, 1, 1, 1, 1, 1]);
  assert.deepEqual(loadParameters(other, bytes, { strict: false }), {
    missing: ["x"],
    unexpected: ["a", "b"],
  });
  assert.deepEqual([...await other.get("c")!.read()], [3, 3, 3, 3, 3, 3]);
  const turned = encodeSafetensors(
    new Map(["c", "x"].map((name) => [name, { dtype: "F32", shape: [3, 2], data: new Float32Array(6) }])),
  );
  assert.throws(() => loadParameters(other, turned, { strict: false }), {
    message: /other shapes: "c" is \[3,2\] and not \[2,3\], "x" is \[3,2\] and not \[2,3\]$/,
  });
  assert.throws(() => loadParameters(other, bytes.subarray(0, 40)), { name: "SafetensorsError" });
  for (const owner of [set, same, other]) owner.destroy();
  assert.throws(() => loadParameters(other, bytes), { name: "EngineError", message: /was destroyed/ });
});

Deno.test("Triplet losses have defaults", async () => {
  const program = await Program.record(device, { x: f32([4, 2]), labels: u32([4]) }, ({ x, labels }) => ({
    short: hardTripletLoss(x, labels).loss,
    long: hardTripletLoss(x, labels, { margin: 0.3, metric: "euclidean", softMargin: false }).loss,
  }));
  const { short, long } = await program.run({ x: [0, 0, 1, 0, 1, 1, 0, 3], labels: [0, 0, 1, 1] });
  assert.ok(short[0]! > 0 && short[0] === long[0]);
  assert.deepEqual(TRIPLET_DEFAULTS, { margin: 0.3, metric: "euclidean", softMargin: false });
  program.destroy();
});

// torch:
//   model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
//   opt = torch.optim.Adam(model.parameters(), lr=0.02)
//   schedule = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=150)
//   for step in range(150):
//       x, y = batch(step)
//       loss = F.cross_entropy(model(x), y)
//       opt.zero_grad()
//       loss.backward()
//       nn.utils.clip_grad_norm_(model.parameters(), 1.0)
//       opt.step()
//       schedule.step()
Deno.test("A classifier as in PyTorch: cross-entropy, Adam, clipping and a schedule", async () => {
  const [set, random] = [new ParameterSet(device), new Random(1)];
  const [first, last] = [new Linear(set, "first", random, 2, 32), new Linear(set, "last", random, 32, 2)];
  const adam = new Adam(set);
  const step = await Program.record(device, { x: f32([64, 2]), y: u32([64]) }, ({ x, y }) => {
    const loss = crossEntropy(last.apply(relu(first.apply(x))), y);
    const gradients = backward(loss);
    clipByGlobalNorm(gradients, 1);
    adam.apply(gradients);
    return { loss };
  });
  let last5 = 0;
  for (let i = 0; i < 150; i++) {
    adam.rate = 0.01 * (1 + Math.cos(Math.PI * i / 150));
    const { loss } = await step.run(xor(random));
    if (i >= 145) last5 += loss[0]! / 5;
  }
  assert.ok(last5 < 0.2, `${last5}`);
  for (const owner of [step, set]) owner.destroy();
});

/** Points of the square, and whether their coordinates have one sign. */
function xor(random: Random) {
  const x = Float32Array.from({ length: 128 }, () => random.uniform(-1, 1));
  return { x, y: Uint32Array.from({ length: 64 }, (_, i) => x[2 * i]! * x[2 * i + 1]! > 0 ? 1 : 0) };
}

// torch:
//   class Net(nn.Module):
//       def __init__(self):
//           super().__init__()
//           self.conv1 = nn.Conv2d(1, 8, 3, padding=1, bias=False)
//           self.bn1 = nn.BatchNorm2d(8)
//           self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
//           self.bn2 = nn.BatchNorm2d(16)
//           self.fc = nn.Linear(16, 2)
//       def forward(self, x):
//           x = F.relu(self.bn1(self.conv1(x)))
//           x = F.relu(self.bn2(self.conv2(x)))
//           x = F.dropout(x.mean((2, 3)), 0.2, self.training)
//           return self.fc(x)
//   net = Net()
//   opt = torch.optim.Adam(net.parameters(), lr=0.01)
//   for step in range(40):
//       x, y = batch(step)
//       loss = F.cross_entropy(net(x), y)
//       opt.zero_grad()
//       loss.backward()
//       opt.step()
//   net.eval()
//   right = (net(x).argmax(1) == y).float().mean()
Deno.test("A convolutional network as in PyTorch: batch norm and dropout, trained and evaluated", async () => {
  const [set, random] = [new ParameterSet(device), new Random(2)];
  const conv1 = new Conv2d(set, "conv1", random, 1, 8, { padding: 1, bias: false });
  const bn1 = new BatchNorm(set, "bn1", 8);
  const conv2 = new Conv2d(set, "conv2", random, 8, 16, { stride: 2, padding: 1, bias: false });
  const bn2 = new BatchNorm(set, "bn2", 16);
  const fc = new Linear(set, "fc", random, 16, 2);
  const net = (x: Tensor, mode: "training" | "inference") => {
    x = relu(bn1.apply(conv1.apply(x), mode));
    x = globalAveragePool(relu(bn2.apply(conv2.apply(x), mode)));
    if (mode === "training") x = dropout(x, 0.2, perRun(u32([1]), () => [adam.step]));
    return fc.apply(x);
  };
  const adam = new Adam(set, { rate: 0.01 });
  const step = await Program.record(device, { x: f32([16, 8, 8, 1]), y: u32([16]) }, ({ x, y }) => {
    const loss = crossEntropy(net(x, "training"), y);
    adam.minimize(loss);
    return { loss };
  });
  for (let i = 0; i < 40; i++) await step.run(stripes(random));
  const evaluate = await Program.record(device, { x: f32([16, 8, 8, 1]) }, ({ x }) => ({
    logits: net(x, "inference"),
  }));
  const { x, y } = stripes(random);
  const { logits } = await evaluate.run({ x });
  const right = [...y].filter((label, i) => (logits[2 * i + 1]! > logits[2 * i]! ? 1 : 0) === label).length;
  assert.ok(right >= 14, `${right} of 16`);
  assert.equal(adam.step, 40);
  for (const owner of [step, evaluate, set]) owner.destroy();
});

/** Noisy images of stripes, upright or lying. */
function stripes(random: Random) {
  const y = Uint32Array.from({ length: 16 }, () => random.integer(2));
  const x = Float32Array.from({ length: 16 * 64 }, (_, i) => {
    const [row, column] = [i >> 3 & 7, i & 7];
    return ((y[i >> 6] === 1 ? row : column) & 1) + 0.3 * random.normal();
  });
  return { x, y };
}

Deno.test.afterAll(() => device.destroy());

Deno.test("What TypeScript refuses is an error in JavaScript: modes, sizes in place of options, floats as labels", async () => {
  const [set, random] = [new ParameterSet(device), new Random(3)];
  const norm = new BatchNorm(set, "norm", 3);
  const table = new Embedding(set, "table", random, 5, 3);
  const inputs = { x: f32([2, 3]), labels: f32([2]) };
  const refused = (run: (x: Tensor, labels: never) => Tensor, message: RegExp) =>
    assert.rejects(
      Program.record(device, inputs, ({ x, labels }) => ({ y: run(x, labels as unknown as never) })),
      { name: "EngineError", message },
    );
  await refused(
    (x) => norm.apply(x, undefined as unknown as "training"),
    /mode "training" or "inference"; got/,
  );
  await refused((x) => norm.apply(x, "train" as "training"), /got train$/);
  await refused(
    (x, labels) => crossEntropy(x, labels),
    /softmaxCrossEntropy\(\) takes labels as .* got a tensor of f32/,
  );
  await refused((_, labels) => table.apply(labels), /Embedding\.apply\(\) takes indices/);
  assert.throws(() => new Conv2d(set, "conv", random, 3, 8, 7 as unknown as { size: number }), {
    name: "EngineError",
    message: /options, such as \{ size: 7, stride: 2 \}; got 7/,
  });
});
