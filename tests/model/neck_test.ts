import assert from "node:assert/strict";
import { Device, f32, Program, Random, type Tensor } from "../../engine/mod.ts";
import type { ModelSpec } from "../../model/model_spec.ts";
import { ReidModel } from "../../model/reid_model.ts";

const ROWS = 5;
const FEATURES = 1280;
const IDENTITIES = 3;
const EPSILON = 1e-3;

const SPEC: ModelSpec = {
  width: 0.02,
  imageHeight: 32,
  imageWidth: 32,
  embeddingSize: 0,
  neck: "bnneck",
  testFeature: "after",
  normalize: true,
  identities: IDENTITIES,
  padding: "same",
  epsilon: EPSILON,
  momentum: 0.9,
  color: "imagenet",
};

/** What a network with given settings makes of pooled features, and its parameters of these names. */
async function onFeatures(device: Device, spec: ModelSpec, features: Float32Array) {
  const model = new ReidModel(device, spec, new Random(5));
  const parameter = (name: string) => model.parameters.get(name);
  const random = new Random(6);
  for (const name of ["neck.gamma", "identity.weight", "identity.bias"]) {
    const found = parameter(name);
    const count = found?.shape.reduce((a, b) => a * b, 1) ?? 0;
    if (found) model.parameters.write(found, Float32Array.from({ length: count }, () => random.normal()));
  }
  const program = await Program.record(device, { features: f32([ROWS, FEATURES]) }, ({ features }) => {
    const neck = model.neckFeatures(features, "training");
    const outputs: Record<string, Tensor> = {
      compared: model.tripletFeatures(neck),
      logits: model.logits(neck),
      embedding: model.embed(features, "training"),
    };
    return outputs;
  });
  const outputs = await program.run({ features });
  const weights = (await model.parameters.read()).get("weights")!;
  const values = (name: string) => parameter(name) ? weights.get(parameter(name)!)! : undefined;
  program.destroy();
  model.parameters.destroy();
  return {
    outputs,
    gamma: values("neck.gamma"),
    weight: values("identity.weight")!,
    bias: values("identity.bias"),
    mean: values("neck.running_mean"),
  };
}

/** Batch norm without shift over the rows. */
function normed(x: ArrayLike<number>, gamma: ArrayLike<number>): Float64Array {
  const y = new Float64Array(x.length);
  for (let c = 0; c < FEATURES; c++) {
    const column = Array.from({ length: ROWS }, (_, r) => x[r * FEATURES + c]);
    const mean = column.reduce((a, b) => a + b) / ROWS;
    const variance = column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / ROWS;
    column.forEach((v, r) => y[r * FEATURES + c] = (v - mean) / Math.sqrt(variance + EPSILON) * gamma[c]);
  }
  return y;
}

function unitRows(x: ArrayLike<number>): Float64Array {
  const rows = Array.from({ length: ROWS }, (_, r) => Array.from(x).slice(r * FEATURES, (r + 1) * FEATURES));
  return Float64Array.from(rows.flatMap((row) => row.map((v) => v / Math.hypot(...row))));
}

function dense(x: ArrayLike<number>, weight: ArrayLike<number>, bias?: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: ROWS * IDENTITIES }, (_, i) => {
    const [r, k] = [Math.floor(i / IDENTITIES), i % IDENTITIES];
    let sum = bias?.[k] ?? 0;
    for (let c = 0; c < FEATURES; c++) sum += x[r * FEATURES + c] * weight[c * IDENTITIES + k];
    return sum;
  });
}

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  const size = Math.hypot(...Array.from(expected));
  const error = Math.hypot(...Array.from(expected, (v, i) => v - actual[i]));
  assert.equal(actual.length, expected.length, what);
  assert.ok(error <= 1e-5 * size, `${what} is off by ${error / size}`);
}

Deno.test("each neck gives the losses and the embedding their own side of it", async () => {
  const device = await Device.open();
  const random = new Random(4);
  const x = Float32Array.from({ length: ROWS * FEATURES }, () => Math.abs(random.normal()));
  try {
    for (const neck of ["none", "embedding", "bnneck"] as const) {
      for (const testFeature of ["before", "after"] as const) {
        const { outputs, gamma, weight, bias } = await onFeatures(device, { ...SPEC, neck, testFeature }, x);
        const what = `--neck ${neck} --test-feature ${testFeature}:`;
        assert.equal(gamma === undefined, neck === "none", `${what} neck.gamma`);
        assert.equal(bias === undefined, neck === "bnneck", `${what} identity.bias`);
        const after = gamma ? normed(x, gamma) : Float64Array.from(x);
        assertNear(outputs.compared, neck === "bnneck" ? x : unitRows(after), `${what} compared`);
        assertNear(outputs.logits, dense(after, weight, bias), `${what} logits`);
        assertNear(outputs.embedding, unitRows(testFeature === "before" ? x : after), `${what} embedding`);
      }
    }
  } finally {
    device.destroy();
  }
});

Deno.test("the neck's running statistics move by a tenth at least, however slow those of the backbone are", async () => {
  const device = await Device.open();
  const features = Float32Array.from({ length: ROWS * FEATURES }, (_, i) => i % 7);
  const slow = await onFeatures(device, { ...SPEC, momentum: 0.999 }, features);
  const usual = await onFeatures(device, SPEC, features);
  const quick = await onFeatures(device, { ...SPEC, momentum: 0.5 }, features);
  assert.deepEqual(slow.mean, usual.mean);
  assert.notDeepEqual(quick.mean, usual.mean);
  device.destroy();
});
