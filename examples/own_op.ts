/**
 * An op that the engine does not have, swish(x) = x / (1 + e^-x) (Ramachandran et al. 2017): its two kernels, its
 * gradient, and a check of both against plain arithmetic and central differences.
 *
 *     deno run examples/own_op.ts
 *
 * The text of a kernel does not depend on how tensors are stored. For a binding `x` that it reads, the engine adds
 * `x_load(i) -> vec4f` and `x_at(i) -> f32` before it; for one that it writes, `x_store(i, v)`. They use buffers on a GPU
 * and textures on a software adapter. Rows are padded with zeros to whole vec4s, and a kernel must keep that padding
 * zero: here it does because swish(0) = 0, elsewhere `within(v, c4, channels)` does it.
 */
import { activation, asTensor, backward, Device, f32, mul, Program } from "@reid/webgpu/engine";
import { record, result, sum, Tensor, type TensorLike } from "@reid/webgpu/engine";
import { type Dispatch, elementCount, flatWorkgroups, reads, vec4s, writes } from "@reid/webgpu/kernels";

// Each thread computes a vec4; threads past the end return. LENGTH4 is a constant of the dispatch.
const FORWARD = `
fn run(i: u32) {
  if (i >= LENGTH4) { return; }
  let x = x_load(i);
  y_store(i, x / (1.0 + exp(-x)));
}`;

// dx = dy · s · (1 + x · (1 - s)), where s = 1 / (1 + e^-x).
const BACKWARD = `
fn run(i: u32) {
  if (i >= LENGTH4) { return; }
  let x = x_load(i);
  let s = 1.0 / (1.0 + exp(-x));
  dx_store(i, dy_load(i) * s * (1.0 + x * (1.0 - s)));
}`;

/** Geometry: the parts of a dispatch that depend on a tensor's shape. Benchmarks compare times with the cost. */
function elementwise(shape: readonly number[]): Pick<Dispatch, "constants" | "tile" | "workgroups" | "cost"> {
  return {
    constants: { LENGTH4: vec4s(shape) },
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
  // backward() calls this function with the gradient of the result; it records the gradient of x.
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
const weight = (i: number) => Math.cos(3 * i);
const w = Array.from({ length: 15 }, (_, i) => weight(i));

const device = await Device.open();
const inputs = { x: f32(shape, { differentiable: true }), w: f32(shape) };
const program = await Program.record(device, inputs, ({ x, w }) => {
  const weighted = sum(mul(swish(x), w));
  const gradient = backward(weighted).of(x);
  if (gradient === undefined) throw new Error("The sum does not depend on x");
  return { weighted, gradient };
});
const { weighted, gradient } = await program.run({ x, w });

/** The result of the program, in f64. */
const reference = (x: number[]) =>
  x.reduce((total, value, i) => total + weight(i) * value / (1 + Math.exp(-value)), 0);
/** Central differences of the reference by each x[i]. */
const differences = x.map((value, i) =>
  (reference(x.with(i, value + 1e-5)) - reference(x.with(i, value - 1e-5))) / 2e-5
);

const largestError = (found: Float32Array, expected: number[]) =>
  Math.max(...expected.map((value, i) => Math.abs(value - (found[i] ?? NaN))));
const valueError = largestError(weighted, [reference(x)]);
const gradientError = largestError(gradient, differences);
console.log(`value: off by ${valueError.toExponential(1)}`);
console.log(`gradient: off from central differences by ${gradientError.toExponential(1)} at most`);
if (!(valueError < 1e-5 && gradientError < 1e-5)) throw new Error("That is too much");

program.destroy();
device.destroy();
