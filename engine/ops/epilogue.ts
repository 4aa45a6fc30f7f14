/** What a convolution does to its result before storing it. */
import type { Epilogue } from "../../kernels/mod.ts";
import { EngineError, ShapeError } from "../errors.ts";
import { asTensor, type Tensor, type TensorLike } from "../tensor.ts";
import type { Value } from "../value.ts";

/** Applied in this order, for inference: no gradient flows through it. */
export interface EpilogueOptions {
  /** [1, C], added to every pixel. */
  readonly bias?: TensorLike;
  /** Of the result's shape, added to it. */
  readonly residual?: TensorLike;
  /** Values are clamped to [0, 6]. */
  readonly relu6?: boolean;
}

/**
 * How a kernel with a binding `y` finishes this way, and what to bind.
 *
 * @throws {ShapeError} when the bias or the residual has another shape.
 * @throws {EngineError} when a gradient would have to flow.
 */
export function epilogue(
  op: string,
  { bias, residual, relu6 }: EpilogueOptions,
  inputs: readonly Tensor[],
  outShape: readonly number[],
): { finish: Epilogue; values: Record<string, Value> } {
  if (!bias && !residual && !relu6) return { finish: {}, values: {} };
  const values: Record<string, Value> = {};
  const given = { bias: bias && asTensor(bias), residual: residual && asTensor(residual) };
  if ([...inputs, given.bias, given.residual].some((tensor) => tensor?.requiresGradient)) {
    throw new EngineError(`${op}() finishes with a bias, a residual or ReLU6 in inference only`);
  }
  if (given.bias) {
    requireShape(op, "bias", given.bias, [1, outShape[outShape.length - 1]]);
    values.y_bias = given.bias.value;
  }
  if (given.residual) {
    requireShape(op, "residual", given.residual, outShape);
    values.y_addend = given.residual.value;
  }
  return { finish: { bias: Boolean(bias), addend: Boolean(residual), relu6: Boolean(relu6) }, values };
}

function requireShape(op: string, name: string, { shape }: Tensor, wanted: readonly number[]): void {
  if (shape.join() !== wanted.join()) {
    throw new ShapeError(`${op}() takes a ${name} of shape [${wanted}] here; got [${shape}]`);
  }
}
