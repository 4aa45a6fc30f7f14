/**
 * Kernels as data: WGSL text and, beside each, the geometry that turns shapes into a {@link Dispatch}. Nothing here
 * knows of a device: {@link shaderText} gives the whole shader, for any WebGPU implementation.
 *
 * The words that kernels and engine use:
 *
 * - *binding*: a tensor that a shader uses. The shader declares none: for a binding `x` it calls `x_load(i) -> vec4f` and
 *   `x_at(i) -> f32` to read, `x_store(i, v)` to write.
 * - *storage*: where a tensor lies, such as a buffer or a texture, and with which precision. Rows (the last axis) are padded
 *   with zeros to whole vec4s; `within(v, c4, channels)` keeps the padding zero.
 * - *prelude*: the generated declarations of bindings and accessors in front of a shader, to fit the storages.
 * - *prologue*: a function per channel applied on load, by `x_value(i, prologue)`: the previous batch norm and ReLU6.
 * - *epilogue*: what is done to a result before it is stored, by `y_epilogue(v, i, c4)`: bias, added tensor, ReLU6.
 * - *dispatch*: one shader run as data: source, constants, bindings, workgroups. A shader whose threads are independent is a
 *   function `run(thread)`; one whose workgroups share memory is a function `run_group(group, lane)`.
 * - *tile*: the part of a result that a thread or a workgroup computes together.
 * - *slice*: a part of a long reduction; the partial sums of slices are added in a fixed order.
 * - *variant*: one of several kernels that compute the same. The *target*, which describes the adapter, decides.
 * - *program*: dispatches recorded once, planned once, and replayed. Its *plan* decides memory and order; a *slot* is memory
 *   that several tensors share, one after another.
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
export * from "./wgsl/dispatch.ts";
export { constantsData, type ConstantsKind } from "./wgsl/constants.ts";
export * from "./matmul/matmul.ts";
export * from "./matmul/matmul_shape.ts";
export * from "./wgsl/target.ts";
export * from "./wgsl/variants.ts";
export * from "./wgsl/prelude.ts";
export * from "./probes/probes.ts";
export * from "./wgsl/storage.ts";
export * from "./reduction/sum_slices.ts";
export * from "./reduction/sum_all_slices.ts";
export * from "./batch_norm/batch_norm.ts";
export * from "./batch_norm/epilogues.ts";
export * from "./elementwise/binary.ts";
export * from "./convolution/conv2d.ts";
export * from "./convolution/convolution_shape.ts";
export * from "./convolution/depthwise_conv.ts";
export { depthwiseConvGradients } from "./convolution/depthwise_lanes.ts";
export type { DepthwiseShape } from "./convolution/depthwise_shape.ts";
export * from "./reduction/pool.ts";
export * from "./elementwise/residual_add.ts";
export * from "./optimizer/loss_scale.ts";
export * from "./optimizer/clip_norm.ts";
export * from "./optimizer/optimizers.ts";
export * from "./movement/movement.ts";
export * from "./reduction/reduce.ts";
export * from "./reduction/rows.ts";
export * from "./matmul/batched_matmul.ts";
export * from "./elementwise/unary.ts";
export * from "./loss/center_update.ts";
export * from "./loss/cross_entropy.ts";
export * from "./distance/distance.ts";
export * from "./reduction/l2_normalize.ts";
export * from "./ranking/rank_distances.ts";
export * from "./ranking/top_k.ts";
export * from "./loss/all_triplets.ts";
export * from "./loss/triplet_loss.ts";
export * from "./loss/triplet_selection.ts";
export * from "./image/augment.ts";
export * from "./image/image.ts";
