/**
 * Kernels as data: WGSL text and, beside each, the geometry that turns shapes into a {@link Dispatch}. Nothing here
 * knows of a device: {@link shaderText} gives the whole shader, for whatever runs WebGPU.
 *
 * A kernel's text declares no bindings. For a binding `x` it calls `x_load(i) -> vec4f` and `x_at(i) -> f32` to read,
 * `x_store(i, v)` to write; their declarations are put in front, to fit the {@link Storage} of each tensor. Rows (the
 * last axis) are padded with zeros to whole vec4s, and `within(v, c4, channels)` keeps the padding zero. A shader
 * whose threads are independent is a function `run(thread)`.
 *
 * @example The shader of a kernel, for tensors in buffers and for tensors in textures
 * ```ts
 * import { shaderText, unary } from "@reid/webgpu/kernels";
 * import assert from "node:assert/strict";
 *
 * const dispatch = unary("relu", [32, 10]);
 * assert.deepEqual(dispatch.constants, { ROWS: 32, CHANNELS: 10, C4: 3 });
 * assert.deepEqual(dispatch.workgroups, [2, 1, 1]); // 96 vec4s, 64 threads in a workgroup
 * assert.match(shaderText(dispatch, ["buffer", "buffer"]), /var<storage, read> x_data: array<vec4f>/);
 * assert.match(shaderText(dispatch, ["texture", "buffer"]), /x_data: texture_storage_2d<rgba32float, read>/);
 * ```
 *
 * @module
 */
export * from "./dispatch.ts";
export * from "./matmul.ts";
export * from "./target.ts";
export * from "./tuned_sources.ts";
export * from "./variants.ts";
export * from "./prelude.ts";
export * from "./probes/probes.ts";
export * from "./storage.ts";
export * from "./sum_slices.ts";
export * from "./batch_norm.ts";
export * from "./binary.ts";
export * from "./conv2d.ts";
export * from "./convolution_shape.ts";
export * from "./depthwise_conv.ts";
export * from "./global_average_pool.ts";
export * from "./residual_add.ts";
export * from "./loss_scale.ts";
export * from "./mark_broken.ts";
export * from "./optimisers.ts";
export * from "./weight_average.ts";
export * from "./layout.ts";
export * from "./sum.ts";
export * from "./unary.ts";
export * from "./center_update.ts";
export * from "./cross_entropy.ts";
export * from "./distance.ts";
export * from "./l2_normalize.ts";
export * from "./rank_distances.ts";
export * from "./top_k.ts";
export * from "./all_triplets.ts";
export * from "./triplet_loss.ts";
export * from "./triplet_selection.ts";
export * from "./augment.ts";
export * from "./image.ts";
