import type { FileChanges } from "../mutant.ts";

/** Ops of the gradient table: the smallest case of each, then all, with tensors in textures as on software adapters. */
const table = (...ops: string[]) => ({
  area: "kernels",
  tests: ["tests/quick/gradients.ts", "tests/gradients/textures_test.ts"],
  filter: `/^(${ops.join("|")}) and its gradient/`,
});

/** Convolutions, products, batch norm, pooling, elementwise functions and movement, with their gradients. */
export const KERNEL_CHANGES: readonly FileChanges[] = [
  {
    ...table("depthwiseConv"),
    file: "kernels/convolution/depthwise_conv.wgsl",
    changes: {
      "rows-take-the-left-pad": ["+ i) * STRIDE + r - PAD_TOP", "+ i) * STRIDE + r - PAD_LEFT"],
      "edge-repeats-above-and-below": [
        "let inside_row = (iy >= 0) & (iy < i32(H));",
        "let inside_row = true;",
      ],
      "stride-of-columns-ignored": ["j * STRIDE + v], w", "j + v], w"],
      "stride-of-rows-ignored": ["x[kept + STRIDE * COLUMNS]", "x[kept + COLUMNS]"],
      "row-below-the-strip-forgotten": [
        "i < i32(min(STRIP_H, OH - oy))",
        "i < i32(min(STRIP_H, OH - oy)) - 1",
      ],
    },
  },
  {
    ...table("depthwiseConv"),
    file: "kernels/convolution/depthwise_conv_input_gradient.wgsl",
    changes: {
      "kernel-transposed": ["w[u * 3 + v]", "w[v * 3 + u]"],
      "rows-above-the-strip-not-loaded": ["var k = 1 - ROWS;", "var k = 0;"],
    },
  },
  {
    ...table("depthwiseConv"),
    file: "kernels/convolution/depthwise_conv_weight_gradient.wgsl",
    changes: {
      "last-strip-forgotten": ["* SLICE_STRIPS, STRIPS)", "* SLICE_STRIPS, STRIPS - 1u)"],
      "rows-above-the-strip-count-twice": ["(i >= 0) & (ox + j < OW)", "ox + j < OW"],
    },
  },
  {
    ...table("conv2d"),
    file: "kernels/convolution/conv2d.wgsl",
    changes: {
      "columns-take-the-top-pad": [
        "i32(tap) % KW * DILATION - PAD_LEFT",
        "i32(tap) % KW * DILATION - PAD_TOP",
      ],
      "height-for-width-of-the-kernel": ["i32(tap) / KW * DILATION - PAD_TOP", "i32(tap) / KH - PAD_TOP"],
      "right-edge-repeats": ["(ix >= 0) & (ix < i32(W)));", "(ix >= 0));"],
    },
  },
  {
    ...table("conv2d"),
    file: "kernels/convolution/conv2d_input_gradient.wgsl",
    changes: {
      "one-row-too-many": ["(y / STRIDE < i32(OH))", "(y / STRIDE <= i32(OH))"],
      "kernel-transposed": ["u32(u * KW + v) * CIN", "u32(v * KW + u) * CIN"],
    },
  },
  {
    ...table("depthwiseConv", "depthwiseConv of batchNorm \\+ ReLU6"),
    tests: ["tests/gradients/gpu_kernels_test.ts"],
    file: "kernels/convolution/depthwise_conv_gradients.wgsl",
    changes: {
      "clamped-values-learn": ["d = relu6_gradient(d, x);", "d = relu6_gradient(d, vec4f(1.0));"],
      "rows-of-weights-swapped": ["w[u * 3 + v],\n              sum,", "w[v * 3 + u],\n              sum,"],
    },
  },
  {
    ...table("conv2d"),
    file: "kernels/convolution/conv2d_weight_gradient.wgsl",
    changes: { "stride-ignored": ["x[j * STRIDE + v * DILATION][c]", "x[j + v][c]"] },
  },
  {
    ...table("batchNormTraining"),
    file: "kernels/batch_norm/batch_norm_prologue.wgsl",
    changes: {
      "unbiased-variance": ["let variance = m2 / count;", "let variance = m2 / max(count - 1.0, 1.0);"],
      "epsilon-outside-the-root": ["1.0 / sqrt(variance + epsilon);", "1.0 / (sqrt(variance) + epsilon);"],
      "shift-without-scale": ["beta_load(c4) - mean * scale", "beta_load(c4) - mean * inverse"],
    },
  },
  {
    ...table("batchNormTraining"),
    file: "kernels/batch_norm/batch_norm_moments.wgsl",
    changes: {
      "mean-squared-once-more": ["squares - sum * mean", "squares - mean * mean"],
      "large-means-cancel": ["let origin = x_load(first * C4 + c4);", "let origin = vec4f(0.0);"],
    },
  },
  {
    ...table("batchNormTraining"),
    tests: ["tests/gradients/gpu_kernels_test.ts"],
    file: "kernels/batch_norm/batch_norm_many_coefficients.wgsl",
    changes: { "means-of-slices-unweighted": ["+ n * d * d;", "+ d * d;"] },
  },
  {
    ...table("batchNorm of pointwiseConv"),
    tests: ["tests/gradients/gpu_kernels_test.ts"],
    file: "kernels/batch_norm/batch_norm_epilogue.wgsl",
    changes: { "means-of-lanes-unweighted": ["fma(count * d, d, m2)", "fma(d, d, m2)"] },
  },
  {
    ...table("batchNorm chain"),
    tests: ["tests/gradients/gpu_kernels_test.ts"],
    file: "kernels/batch_norm/batch_norm_gradient_epilogue.wgsl",
    changes: { "inverse-forgotten": ["joint_projection * moments_load(channels4 + c4)", "joint_projection"] },
  },
  {
    ...table("batchNormTraining"),
    file: "kernels/batch_norm/batch_norm_coefficients.wgsl",
    changes: { "means-of-slices-unweighted": ["d * d * (count * n / (count", "d * d * (n / (count"] },
  },
  {
    ...table("batchNormTraining"),
    file: "kernels/batch_norm/batch_norm_gradient_prologue.wgsl",
    changes: {
      "mean-not-subtracted": ["/ f32(ROWS) - a * mean;", "/ f32(ROWS);"],
      "inverse-forgotten": ["-scale * moments_load(C4 + c4) * projection", "-scale * projection"],
    },
  },
  {
    ...table("batchNormTraining"),
    file: "kernels/batch_norm/batch_norm_gradient_terms.wgsl",
    changes: { "clamped-values-learn": ["if (RELU6 == 1) { g", "if (RELU6 == 2) { g"] },
  },
  {
    ...table("batchNormInference"),
    file: "kernels/batch_norm/batch_norm_inference.wgsl",
    changes: { "shift-without-scale": ["mean_load(c4) * scale", "mean_load(c4) * inverse"] },
  },
  {
    ...table("matmul", "dense"),
    file: "kernels/matmul/matmul_block.wgsl",
    changes: {
      "not-transposed": ["return transpose(mat4x4f(", "return (mat4x4f("],
      "third-row-of-four-twice": ["w_load(min(k + 3u, last)", "w_load(min(k + 2u, last)"],
    },
  },
  {
    ...table("matmul", "dense"),
    file: "kernels/matmul/matmul.wgsl",
    changes: { "last-column-forgotten": ["if (n4 + c < N4) { y_store", "if (n4 + c + 1u < N4) { y_store"] },
  },
  {
    ...table("matmul", "dense"),
    file: "kernels/matmul/matmul_weight_gradient.wgsl",
    changes: { "rows-past-the-slice-count-twice": ["prologue), m < last);", "prologue), m < M);"] },
  },
  {
    ...table("matmul"),
    tests: ["tests/gradients/gpu_kernels_test.ts"],
    file: "kernels/matmul/matmul_staged.wgsl",
    changes: {
      "what-lies-past-k-counts": ["prologue), k4 < K4);", "prologue), true);"],
      "rows-of-x-in-another-order": [
        "rows[m / u32(LANE_ROWS)][m % u32(LANE_ROWS)]",
        "rows[m % u32(ROWS)][m / u32(ROWS)]",
      ],
    },
  },
  {
    area: "kernels",
    tests: ["tests/engine/variants_test.ts"],
    filter: "/^All variants of a product/",
    file: "kernels/matmul/matmul_direct.wgsl",
    changes: {
      "first-numbers-of-a-row-only": ["x_value(x_start[r] + k4, prologue)", "x_value(x_start[r], prologue)"],
    },
  },
  {
    ...table("matmul"),
    tests: ["tests/gradients/gpu_kernels_test.ts"],
    file: "kernels/matmul/matmul_weight_gradient_tiled.wgsl",
    changes: { "rows-past-the-end-repeat": ["channels), m < last);", "channels), true);"] },
  },
  {
    ...table("maxPool2d"),
    file: "kernels/reduction/max_pool.wgsl",
    changes: {
      "ties-go-to-the-last": ["(x > largest) |", "(x >= largest) |"],
      "window-one-short": ["u < SIZE; u++", "u < SIZE - 1; u++"],
      "windows-apart-begin-at-0": ["oy * STRIDE - PAD_TOP + u", "oy * STRIDE + u"],
    },
  },
  {
    ...table("globalAveragePool"),
    file: "kernels/reduction/global_average_pool_gradient.wgsl",
    changes: { "every-pixel-takes-all": [" / f32(PIXELS));", ");"] },
  },
  {
    ...table("l2Normalize"),
    file: "kernels/reduction/l2_normalize.wgsl",
    changes: {
      "epsilon-added": ["let divisor = max(length, EPSILON);", "let divisor = length + EPSILON;"],
      "no-root": [
        "= sqrt(workgroup_sum(lane, vec4f(squares)).x);",
        "= workgroup_sum(lane, vec4f(squares)).x;",
      ],
    },
  },
  {
    ...table("l2Normalize"),
    file: "kernels/reduction/l2_normalize_gradient.wgsl",
    changes: {
      "not-tangential": ["(dy_load(i) - x_load(i) / divisor * along) / divisor", "dy_load(i) / divisor"],
      "short-rows-tangential": ["select(sums.y / divisor, 0.0, short)", "sums.y / divisor"],
    },
  },
  {
    ...table("sum", "mean"),
    file: "kernels/reduction/axis_groups.wgsl",
    changes: {
      "outer-for-inner": ["(n % KEPT_INNER) * KEPT_INNER_STRIDE", "(n / KEPT_INNER) * KEPT_INNER_STRIDE"],
    },
  },
  {
    ...table("matmul", "conv2d"),
    file: "kernels/reduction/sum_slices.wgsl",
    changes: { "first-slice-forgotten": ["var s = 0u; s < SLICES", "var s = 1u; s < SLICES"] },
  },
  {
    ...table("max", "min"),
    file: "kernels/reduction/reduce_channels.wgsl",
    changes: { "padding-counts": ["select(x.xxxx, x, channels < vec4u(X_CHANNELS))", "x"] },
  },
  {
    ...table("relu6", "sqrt", "softplus", "silu"),
    file: "kernels/elementwise/unary.ts",
    changes: {
      "relu6-learns-at-6": ["(s >= vec4f(6.0))", "(s > vec4f(6.0))"],
      "root-without-half": ["0.5 * dy / s", "dy / s"],
      "root-infinite-at-0": ["select(0.5 * dy / s, vec4f(0.0), s == vec4f(0.0))", "0.5 * dy / s"],
      "softplus-overflows": ["select(x, vec4f(0.0), x < vec4f(0.0)) + log1p(exp(-abs(x)))", "log1p(exp(x))"],
      "silu-as-sigmoid": ["dy * logistic(s) * (1.0 + s * logistic(-s))", "dy * logistic(s)"],
    },
  },
  {
    ...table("pow", "maximum", "where"),
    file: "kernels/elementwise/binary.ts",
    changes: {
      "power-keeps-its-exponent": ["c * b * power(a, b - 1.0)", "c * b * power(a, b)"],
      "ties-go-to-b": [
        "maximumGradientA: `select(vec4f(0.0), c, ${LARGER})`",
        "maximumGradientA: `select(vec4f(0.0), c, a > b)`",
      ],
      "where-swapped": ["select(b, c, a == vec4f(0.0))", "select(c, b, a == vec4f(0.0))"],
    },
  },
  {
    ...table("add", "mul"),
    file: "kernels/elementwise/operand.wgsl",
    changes: { "axes-swapped": ["i * A_I + j * A_J + k * A_K", "i * A_J + j * A_I + k * A_K"] },
  },
  {
    ...table("softmax", "logSoftmax"),
    file: "kernels/reduction/softmax.wgsl",
    changes: { "not-shifted": ["exp(x_load(row * D4 + c4) - m)", "exp(x_load(row * D4 + c4))"] },
  },
  {
    ...table("layerNorm"),
    file: "kernels/reduction/standardize_gradient.wgsl",
    changes: { "mean-kept": ["dy_load(row * D4 + c4) - means.x", "dy_load(row * D4 + c4)"] },
  },
  {
    ...table("matmul", "attention"),
    file: "kernels/matmul/batched_matmul.wgsl",
    changes: { "batch-not-repeated": ["entry % INNER * B_INNER", "entry % INNER"] },
  },
  {
    ...table("conv2d"),
    file: "kernels/convolution/conv2d_input_gradient.wgsl",
    changes: { "not-dilated": ["iy + PAD_TOP - u * DILATION", "iy + PAD_TOP - u"] },
  },
  {
    ...table("maxPool2d", "averagePool2d"),
    file: "kernels/reduction/pool_windows.wgsl",
    changes: {
      "gradient-of-fewer-windows": ["max(iy + PAD_TOP - SIZE + STRIDE, 0)", "max(iy + PAD_TOP, 0)"],
    },
  },
  {
    ...table("averagePool2d"),
    file: "kernels/reduction/average_pool.wgsl",
    changes: { "padding-always-counts": ["if (COUNT_PADDING == 1)", "if (true)"] },
  },
  {
    ...table("permute", "flip"),
    file: "kernels/movement/strided.wgsl",
    changes: { "axes-swapped": ["i32(row / D3 % D2) * S_J", "i32(row / D3 % D2) * S_K"] },
  },
  {
    ...table("sub", "div"),
    file: "engine/ops/elementwise.ts",
    changes: {
      "subtrahend-as-minuend": ["() => affine(g, -1, 0)", "() => g"],
      "divisor-without-its-square": ['affine(apply("mul", overY, out), -1, 0)', "affine(overY, -1, 0)"],
    },
  },
  {
    ...table("gather"),
    file: "kernels/movement/gather_gradient.wgsl",
    changes: { "the-last-of-equal-rows-wins": ["sum += dy_load(", "sum = dy_load("] },
  },
  {
    ...table("concat"),
    file: "kernels/movement/concat.wgsl",
    changes: {
      "second-from-its-middle": ["b_load((o * B_SIZE + p - A_SIZE)", "b_load((o * B_SIZE + p)"],
      "padding-of-the-first-read": ["padded(B_SIZE) + p - A_SIZE", "padded(B_SIZE) + p - padded(A_SIZE)"],
    },
  },
  {
    ...table("slice"),
    file: "kernels/movement/window.wgsl",
    changes: {
      "outside-repeats-the-edge": [
        "select(0.0, x_at(start + u32(clamp(p, 0, X_SIZE - 1))), inside)",
        "x_at(start + u32(clamp(p, 0, X_SIZE - 1)))",
      ],
    },
  },
  {
    area: "kernels",
    tests: ["tests/engine/augment_test.ts"],
    file: "kernels/image/augment.wgsl",
    changes: {
      "noise-the-same-in-every-image": ["vec3u(j + k, i, seed)", "vec3u(j + k, i, 0u)"],
      "rows-and-columns-swapped": ["vec2f(f32(i), f32(j + k))", "vec2f(f32(j + k), f32(i))"],
      "erased-up-to-its-end": ["all(here < erased.zw)", "all(here <= erased.zw)"],
      "black-outside": ["offset.xyz * c.w)", "offset.xyz)"],
      "not-clamped": ["clamp(recolored, vec3f(0.0), vec3f(255.0 * c.w))", "recolored"],
    },
  },
  {
    area: "kernels",
    tests: ["tests/engine/image_test.ts"],
    file: "kernels/image/image.wgsl",
    changes: {
      "mirrored-one-pixel-off": ["i32(W) - 4 - i32(j)", "i32(W) - 3 - i32(j)"],
      "shift-of-rows-and-columns-swapped": [
        "bitcast<i32>(transforms_at(n * 4u + 2u))",
        "bitcast<i32>(transforms_at(n * 4u + 1u))",
      ],
      "blue-first": [
        "byte(b[0], 0u), byte(b[0], 1u), byte(b[0], 2u)",
        "byte(b[0], 2u), byte(b[0], 1u), byte(b[0], 0u)",
      ],
    },
  },
];
