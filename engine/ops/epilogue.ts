/** The epilogue of a convolution: bias, residual and ReLU6 before the result is stored. */
import { type Epilogue, lastAxis } from "../../kernels/mod.ts";
import { EngineError, ShapeError } from "../errors.ts";
import { recorder } from "../recorder.ts";
import { asTensor, type Tensor, type TensorLike } from "../tensor.ts";
import type { Value } from "../value.ts";

/** Applied in this order. No gradient flows through a residual or ReLU6: they are for inference. */
export interface EpilogueOptions {
  /** [C] or [1, C], added to every pixel. */
  readonly bias?: TensorLike;
  /** Of the result's shape, added to it; for inference. */
  readonly residual?: TensorLike;
  /** Values are clamped to [0, 6]; for inference. */
  readonly relu6?: boolean;
}

/**
 * The epilogue of a kernel with a binding `y`, what to bind for it, and the bias, if there is one: a gradient flows to it.
 *
 * @throws {ShapeError} when the bias or the residual has another shape.
 * @throws {EngineError} when an input needs a gradient.
 */
export function epilogueOf(
  op: string,
  { bias, residual, relu6 }: EpilogueOptions,
  inputs: readonly Tensor[],
  outShape: readonly number[],
): { epilogue: Epilogue; values: Record<string, Value>; biases: Tensor[] } {
  if (!bias && !residual && !relu6) return { epilogue: {}, values: {}, biases: [] };
  const values: Record<string, Value> = {};
  const given = { bias: bias && asTensor(bias), residual: residual && asTensor(residual) };
  const learning = [...inputs, given.bias, given.residual].some((tensor) => tensor?.requiresGradient);
  if (learning && (residual || relu6)) {
    throw new EngineError(
      `${op}() takes a residual or ReLU6 in inference only: no gradient flows through them. Use add() and relu6()`,
    );
  }
  if (given.bias) {
    const channels = lastAxis(outShape);
    if (given.bias.shape.join() !== `${channels}`) requireShape(op, "bias", given.bias, [1, channels]);
    values.y_bias = given.bias.value;
    values.y_bias.pinned ??= recorder().device.storage; // Every pixel reads it, also where it is a parameter.
  }
  if (given.residual) {
    requireShape(op, "residual", given.residual, outShape);
    values.y_addend = given.residual.value;
  }
  return {
    epilogue: { bias: Boolean(bias), addend: Boolean(residual), relu6: Boolean(relu6) },
    values,
    biases: given.bias ? [given.bias] : [],
  };
}

function requireShape(op: string, name: string, { shape }: Tensor, wanted: readonly number[]): void {
  if (shape.join() !== wanted.join()) {
    throw new ShapeError(`${op}() takes a ${name} of shape [${wanted}] here; got [${shape}]`);
  }
}
