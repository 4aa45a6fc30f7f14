import assert from "node:assert/strict";
import {
  add,
  averagePool2d,
  conv2d,
  type Conv2dOptions,
  depthwiseConv,
  Device,
  f32,
  pointwiseConv,
  type PoolOptions,
  Program,
  type Tensor,
} from "../../engine/mod.ts";
import { samePads } from "../../kernels/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";

const random = seededRandom(11);
const draw = (shape: readonly number[]) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random.normal());

const geometry = { stride: 1, padding: samePads(5, 7, 3, 1) };
const image = [2, 5, 7, 6];

/** Every op that finishes, by name: its weight, and the op. */
const OPS: Record<string, { weight: number[]; apply: (x: Tensor, w: Tensor, options: object) => Tensor }> = {
  pointwiseConv: { weight: [6, 10], apply: pointwiseConv },
  conv2d: { weight: [3, 3, 6, 10], apply: (x, w, options) => conv2d(x, w, { ...geometry, ...options }) },
  depthwiseConv: {
    weight: [3, 3, 6],
    apply: (x, w, options) => depthwiseConv(x, w, { ...geometry, ...options }),
  },
};

for (const storage of ["buffer", "texture"] as const) {
  for (const [name, { weight, apply }] of Object.entries(OPS)) {
    Deno.test(`${name}() finishes with a bias, a residual and ReLU6 as three ops would, in ${storage}s`, async () => {
      const device = await Device.open({ storage });
      const channels = weight[weight.length - 1];
      const outShape = [...image.slice(0, 3), channels];
      const inputs = { x: f32(image), w: f32(weight), bias: f32([1, channels]), residual: f32(outShape) };
      const program = await Program.record(device, inputs, ({ x, w, bias, residual }) => ({
        plain: add(add(apply(x, w, {}), bias), residual),
        finished: apply(x, w, { bias, residual, relu6: true }),
        biased: apply(x, w, { bias }),
        clamped: apply(x, w, { relu6: true }),
        bare: apply(x, w, {}),
      }));
      const bias = draw([channels]);
      const out = await program.run({ x: draw(image), w: draw(weight), bias, residual: draw(outShape) });
      const relu6 = (v: number) => Math.min(6, Math.max(0, v));
      const close = (actual: Float32Array, expected: (i: number) => number) =>
        actual.forEach((v, i) =>
          assert.ok(Math.abs(v - expected(i)) < 1e-4, `${i}: ${v}, not ${expected(i)}`)
        );
      close(out.finished, (i) => relu6(out.plain[i]));
      close(out.biased, (i) => out.bare[i] + bias[i % channels]);
      close(out.clamped, (i) => relu6(out.bare[i]));
      assert.ok(out.finished.some((v) => v === 6) && out.finished.some((v) => v > 0 && v < 6));
      program.destroy();
      device.destroy();
    });
  }
}

Deno.test("epilogue refuses other shapes, and gradients through ReLU6", async () => {
  const device = await Device.open();
  const record = (bias: number[], differentiable: boolean, relu6: boolean) =>
    Program.record(
      device,
      { x: f32(image, { differentiable }), w: f32([6, 10]), bias: f32(bias) },
      ({ x, w, bias }) => ({
        y: pointwiseConv(x, w, { bias, relu6 }),
      }),
    );
  await assert.rejects(record([9], false, false), {
    name: "ShapeError",
    message: /bias of shape \[1,10\] here; got \[9\]/,
  });
  await assert.rejects(record([1, 10], true, true), { name: "EngineError", message: /in inference only/ });
  device.destroy();
});

Deno.test("conv2d() and pooling name the option or the axes that are wrong", async () => {
  using device = await Device.open();
  const image = [2, 8, 7, 3];
  const weight = [3, 3, 3, 5];
  const wrong: [number[], number[], Conv2dOptions & Record<string, unknown>, string, RegExp][] = [
    [
      image,
      weight,
      { pads: 1 },
      "EngineError",
      /conv2d\(\) has no option pads: there are stride, padding, bias/,
    ],
    [image, weight, { stride: 0 }, "EngineError", /whole number from 1 as stride; got 0/],
    [image, weight, { dilation: 1.5 }, "EngineError", /whole number from 1 as dilation; got 1.5/],
    [image, weight, { groups: -1 }, "EngineError", /whole number from 1 as groups; got -1/],
    [image, weight, { groups: 2 }, "ShapeError", /in 2 groups takes .* got \[2,8,7,3\] and \[3,3,3,5\]/],
    [image, weight, { padding: -1 }, "EngineError", /as padding "same", "valid", .* got -1/],
    [image, [9, 3, 3, 5], {}, "ShapeError", /a 9×3 window does not fit/],
    [image, [4, 3, 5, 5], {}, "ShapeError", /PyTorch's order: permute\(weight, \[2, 3, 1, 0\]\)/],
    [[2, 4, 8, 7], [5, 4, 3, 3], {}, "ShapeError", /permute\(x, \[0, 2, 3, 1\]\)/],
    [image, [3, 3, 4, 5], {}, "ShapeError", /weight \[kh, kw, Cin \/ groups, Cout\]/],
  ];
  for (const [x, w, options, name, message] of wrong) {
    const given = Program.record(
      device,
      { x: f32(x), w: f32(w) },
      ({ x, w }) => ({ y: conv2d(x, w, options) }),
    );
    await assert.rejects(given, { name, message });
  }
  const pool = (options: PoolOptions) =>
    Program.record(device, { x: f32(image) }, ({ x }) => ({ y: averagePool2d(x, options) }));
  await assert.rejects(pool({ size: 2, padding: 2 }), {
    name: "ShapeError",
    message: /below the window's 2; got 2/,
  });
  await assert.rejects(pool({ size: 0 }), { name: "EngineError", message: /whole number from 1 as size/ });
});
