/**
 * A WebGPU tensor engine with automatic differentiation, MobileNetV2, and the triplet losses of person
 * re-identification, all on hand-written WGSL.
 *
 * Record a function of tensors once with {@linkcode Program.record}; run it as often as you like. The parts can be had
 * alone: `@reid/webgpu/engine`, `/losses`, `/model`, and `/kernels`, which this module does not re-export.
 *
 * @example A product of two matrices, and its gradient
 * ```ts
 * import { backward, Device, f32, matmul, Program, sum } from "@reid/webgpu";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const inputs = { a: f32([2, 2], { differentiable: true }), b: f32([2, 1]) };
 * const program = await Program.record(device, inputs, ({ a, b }) => {
 *   const product = matmul(a, b);
 *   return { product, gradient: backward(sum(product)).of(a)! };
 * });
 * const { product, gradient } = await program.run({ a: [1, 2, 3, 4], b: [10, 20] });
 * assert.deepEqual([...product], [50, 110]);
 * assert.deepEqual([...gradient], [10, 20, 10, 20]);
 * program.destroy();
 * device.destroy();
 * ```
 *
 * @module
 */
export * from "./engine/mod.ts";
export * from "./losses/mod.ts";
export * from "./model/mod.ts";
