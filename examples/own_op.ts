/**
 * An op that the engine does not have, swish(x) = x / (1 + e^-x) (Ramachandran et al. 2017): its two kernels, its
 * gradient, and the proof of both against plain arithmetic and central differences.
 *
 *     deno run examples/own_op.ts
 *
 * A kernel's text never says where a tensor lives. For a binding `x` the engine puts `x_load(i) -> vec4f` and `x_at(i) ->
 * f32` in front of it where it is read, `x_store(i, v)` where it is written, for buffers on a GPU and for textures on a
 * software adapter. Rows are padded with zeros to whole vec4s. A kernel keeps that padding zero, with `within(v, c4,
 * channels)` where its formula would not; here swish(0) = 0 does.
 */
import { activation, asTensor, backward, Device, f32, mul, Program } from "@reid/webgpu/engine";
import { record, result, sum, Tensor, type TensorLike } from "@reid/webgpu/engine";
import { type Dispatch, elementCount, flatWorkgroups, reads, vec4s, writes } from "@reid/webgpu/kernels";
import assert from "node:assert/strict";

// A thread takes a vec4: threads past the end have nothing to do.
const FORWARD = `
override LENGTH4: u32;

fn run(i: u32) {
  if (i >= LENGTH4) { return; }
  let x = x_load(i);
  y_store(i, x / (1.0 + exp(-x)));
}`;

// dx = dy · s · (1 + x · (1 - s)), where s = 1 / (1 + e^-x).
const BACKWARD = `
override LENGTH4: u32;

fn run(i: u32) {
  if (i >= LENGTH4) { return; }
  let x = x_load(i);
  let s = 1.0 / (1.0 + exp(-x));
  dx_store(i, dy_load(i) * s * (1.0 + x * (1.0 - s)));
}`;

/** Geometry: all that a kernel must know of a tensor's shape. The cost is what benchmarks divide by. */
function elementwise(shape: readonly number[]): Pick<Dispatch, "constants" | "tile" | "workgroups" | "cost"> {
  return {
    constants: { LENGTH4: vec4s(shape) },
    tile: {},
    workgroups: flatWorkgroups(vec4s(shape)),
    cost: { flops: 4 * elementCount(shape), bytes: 2 * 16 * vec4s(shape) },
  };
}

/** x / (1 + e^-x) of every element. */
function swish(input: TensorLike): Tensor {
  const x = asTensor(input);
  const size = elementwise(x.shape);
  const y = activation(x.shape); // Memory for the result; nothing runs yet.
  const forward = { kernel: "swish", source: FORWARD, bindings: [reads("x"), writes("y")], ...size };
  record(forward, { x: x.value, y });
  // What is called when gradients are asked for: given that of the result, it records what makes that of x.
  return result([x], x.shape, y, (gradient) => {
    const dx = activation(x.shape);
    const bindings = [reads("x"), reads("dy"), writes("dx")];
    record({ kernel: "swish_gradient", source: BACKWARD, bindings, ...size }, {
      x: x.value,
      dy: gradient.value,
      dx,
    });
    return [new Tensor(x.shape, dx)];
  });
}

const shape = [3, 5];
const x = Array.from({ length: 15 }, (_, i) => 4 * Math.sin(i * i));
const w = Array.from({ length: 15 }, (_, i) => Math.cos(3 * i));

const device = await Device.open();
const inputs = { x: f32(shape, { differentiable: true }), w: f32(shape) };
const program = await Program.record(device, inputs, ({ x, w }) => {
  const weighted = sum(mul(swish(x), w));
  return { weighted, gradient: backward(weighted).of(x)! };
});
const { weighted, gradient } = await program.run({ x, w });

/** What the program computes, in plain f64. */
const reference = (x: number[]) =>
  x.reduce((total, value, i) => total + w[i] * value / (1 + Math.exp(-value)), 0);
/** Its derivative by x[i], without any calculus. */
const difference = (i: number) =>
  (reference(x.with(i, x[i] + 1e-5)) - reference(x.with(i, x[i] - 1e-5))) / 2e-5;

const valueError = Math.abs(weighted[0] - reference(x));
const gradientError = Math.max(...gradient.map((g, i) => Math.abs(g - difference(i))));
console.log(`value: off by ${valueError.toExponential(1)}`);
console.log(`gradient: off from central differences by ${gradientError.toExponential(1)} at most`);
assert.ok(valueError < 1e-5 && gradientError < 1e-5);

program.destroy();
device.destroy();
