/** Rows of the gradient table on the engine. */
import {
  affine,
  backward,
  constant,
  type Device,
  f32,
  type InputSpec,
  mul,
  type Precision,
  Program,
  sum,
  type Tensor,
  u32,
  type Uint32Tensor,
} from "../../engine/mod.ts";
import { drawCotangent } from "./draw_inputs.ts";
import { engineOps } from "./engine_ops.ts";
import type { EngineRunner } from "./harness.ts";

/**
 * A runner that records, plans and runs one program for each case, with gradients to all but constant inputs. What goes
 * into a program and comes out is f32, so in f16 the op itself runs on copies, whose rounding adds to its own.
 */
export function engineRunner(device: Device, precision: Precision = "f32"): EngineRunner {
  const copy = (x: Tensor) => precision === "f16" ? affine(x, 1, 0) : x;
  return async (row, inputs, cotangentSeed) => {
    const specs: Record<string, InputSpec> = {};
    const data: Record<string, ArrayLike<number>> = {};
    row.inputs.forEach(({ shape, constant }, i) => {
      specs[`input ${i}`] = f32(shape, { differentiable: !constant });
      data[`input ${i}`] = inputs[i];
    });
    row.indices.forEach((indices, i) => {
      specs[`indices ${i}`] = u32([indices.length]);
      data[`indices ${i}`] = indices;
    });
    const program = await Program.record(device, specs, (given) => {
      const tensors = row.inputs.map((_, i) => given[`input ${i}`] as Tensor);
      const y = row.run(
        engineOps,
        tensors.map(copy),
        row.indices.map((_, i) => given[`indices ${i}`] as Uint32Tensor),
      );
      const count = y.shape.reduce((product, size) => product * size, 1);
      const cotangent = constant(drawCotangent(cotangentSeed, count), y.shape);
      const gradients = backward(sum(mul(y, cotangent)));
      const outputs: Record<string, Tensor> = { y: copy(y) };
      tensors.forEach((tensor, i) => {
        const gradient = tensor.requiresGradient ? gradients.of(tensor) : undefined;
        if (gradient) outputs[`gradient ${i}`] = gradient;
      });
      return outputs;
    }, { precision });
    try {
      const outputs = await program.run(data);
      return { output: outputs.y, gradients: row.inputs.map((_, i) => outputs[`gradient ${i}`] ?? null) };
    } finally {
      program.destroy();
    }
  };
}
