/** The shaders among which a tuner chooses: when one of them changes, what it chose before means nothing. */
import depthwise from "./depthwise_conv.wgsl" with { type: "text" };
import depthwiseInputGradient from "./depthwise_conv_input_gradient.wgsl" with { type: "text" };
import depthwiseWeightGradient from "./depthwise_conv_weight_gradient.wgsl" with { type: "text" };
import product from "./matmul.wgsl" with { type: "text" };
import productTiled from "./matmul_tiled.wgsl" with { type: "text" };
import weightGradient from "./matmul_weight_gradient.wgsl" with { type: "text" };
import weightGradientTiled from "./matmul_weight_gradient_tiled.wgsl" with { type: "text" };
import sumMany from "./sum_many_slices.wgsl" with { type: "text" };
import sumFew from "./sum_slices.wgsl" with { type: "text" };

/** Their texts. */
export const TUNED_SOURCES: readonly string[] = [
  depthwise,
  depthwiseInputGradient,
  depthwiseWeightGradient,
  product,
  productTiled,
  weightGradient,
  weightGradientTiled,
  sumMany,
  sumFew,
];
