/** Kernels as data: WGSL text and, beside each, the geometry that turns shapes into a dispatch. */
export * from "./dispatch.ts";
export * from "./matmul.ts";
export * from "./prelude.ts";
export * from "./storage.ts";
export * from "./sum_slices.ts";
export * from "./batch_norm.ts";
export * from "./binary.ts";
