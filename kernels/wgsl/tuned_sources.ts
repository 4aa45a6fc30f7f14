/** The shaders among which a tuner chooses: when one of them changes, what it chose before means nothing. */
import depthwise from "../convolution/depthwise_conv.wgsl" with { type: "text" };
import depthwiseInputGradient from "../convolution/depthwise_conv_input_gradient.wgsl" with { type: "text" };
import depthwiseWeightGradient from "../convolution/depthwise_conv_weight_gradient.wgsl" with {
  type: "text",
};
import product from "../matmul/matmul.wgsl" with { type: "text" };
import productTiled from "../matmul/matmul_tiled.wgsl" with { type: "text" };
import weightGradient from "../matmul/matmul_weight_gradient.wgsl" with { type: "text" };
import weightGradientTiled from "../matmul/matmul_weight_gradient_tiled.wgsl" with { type: "text" };
import sumMany from "../reduction/sum_many_slices.wgsl" with { type: "text" };
import sumFew from "../reduction/sum_slices.wgsl" with { type: "text" };

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
