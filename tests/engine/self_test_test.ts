/** The self-test of an adapter: its references are right, and the software adapter passes. */
import assert from "node:assert/strict";
import { Device, selfTest } from "../../engine/mod.ts";
import { allChecks, drawInputs } from "../../engine/self_test/checks.ts";
import { batchNormTraining } from "../reference/batch_norm.ts";
import { depthwiseConv } from "../reference/convolution.ts";
import { pointwiseConv } from "../reference/matrix.ts";
import { gradients, leaf, type RefTensor } from "../reference/tape.ts";

const pads = { top: 1, bottom: 1, left: 1, right: 1 };
const RELU6 = { epsilon: 1e-3, relu6: true };
const LINEAR = { epsilon: 1e-3, relu6: false };

/** What each check computes, in the ops of the gradient table's reference. */
function byReference(name: string, given: RefTensor[]): RefTensor[] {
  const [x, w, ...rest] = given;
  if (name.startsWith("matrix product")) return [pointwiseConv(x, w)];
  if (name.startsWith("depthwise")) return [depthwiseConv(x, w, { stride: 2, padding: pads })];
  const [g1, b1, w2, g2, b2, w3, g3, b3] = rest;
  const n1 = batchNormTraining(pointwiseConv(x, w), g1, b1, RELU6);
  const n2 = batchNormTraining(depthwiseConv(n1, w2, { stride: 1, padding: pads }), g2, b2, RELU6);
  return [batchNormTraining(pointwiseConv(n2, w3), g3, b3, LINEAR), n1, n2];
}

function assertClose(actual: Float64Array, expected: Float64Array, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const error = actual.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i])), 0);
  assert.ok(
    error <= 1e-9 * expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    `${what}: ${error}`,
  );
}

for (const check of allChecks().filter(({ precision }) => precision === "f32")) {
  Deno.test(`the self-test's ${check.name} is that of the gradient table's reference, away from ReLU6's bends`, () => {
    const { values, dy } = drawInputs(check);
    const inputs = values.map((data, i) => leaf(check.shapes[i], data));
    const [expected, ...inner] = byReference(check.name, inputs);
    const actual = check.reference(...values);
    assertClose(actual.values, expected.data, "values");
    const expectedGradients = gradients(expected, inputs, dy);
    actual.gradients(dy).forEach((gradient, i) =>
      assertClose(gradient, expectedGradients[i], `gradient ${i}`)
    );
    for (const { clearance } of inner) assert.ok(clearance > 1e-5, `${clearance}`);
  });
}

Deno.test("the software adapter passes the self-test", async () => {
  using device = await Device.open();
  // The others compile for most of a minute; their kernels are those of the gradient table.
  const results = await selfTest(device, (name) => name.startsWith("depthwise"));
  assert.equal(results.length, 3);
  assert.deepEqual(results.filter(({ passed }) => !passed), []);
});
