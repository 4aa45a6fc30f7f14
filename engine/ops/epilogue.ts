/** The epilogue of a convolution: bias, residual and ReLU6 before the result is stored. */
import { type Epilogue, lastAxis } from "../../kernels/mod.ts";
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
 * The epilogue of a kernel with a binding `y`, and what to bind for it.
 *
 * @throws {ShapeError} when the bias or the residual has another shape.
 * @throws {EngineError} when an input needs a gradient.
 */
export function epilogueOf(
  op: string,
  { bias, residual, relu6 }: EpilogueOptions,
  inputs: readonly Tensor[],
  outShape: readonly number[],
): { epilogue: Epilogue; values: Record<string, Value> } {
  if (!bias && !residual && !relu6) return { epilogue: {}, values: {} };
  const values: Record<string, Value> = {};
  const given = { bias: bias && asTensor(bias), residual: residual && asTensor(residual) };
  if ([...inputs, given.bias, given.residual].some((tensor) => tensor?.requiresGradient)) {
    throw new EngineError(
      `${op}() takes a bias, a residual or ReLU6 in inference only: no gradient flows through them`,
    );
  }
  if (given.bias) {
    requireShape(op, "bias", given.bias, [1, lastAxis(outShape)]);
    values.y_bias = given.bias.value;
  }
  if (given.residual) {
    requireShape(op, "residual", given.residual, outShape);
    values.y_addend = given.residual.value;
  }
  return { epilogue: { bias: Boolean(bias), addend: Boolean(residual), relu6: Boolean(relu6) }, values };
}

function requireShape(op: string, name: string, { shape }: Tensor, wanted: readonly number[]): void {
  if (shape.join() !== wanted.join()) {
    throw new ShapeError(`${op}() takes a ${name} of shape [${wanted}] here; got [${shape}]`);
  }
}
