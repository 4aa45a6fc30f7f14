import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { tensorBytes } from "../wgsl/storage.ts";
import source from "./image.wgsl" with { type: "text" };

/** 32-bit words of one packed image: height · width · 3 bytes, rounded up. */
export function imageUint32(height: number, width: number): number {
  return Math.ceil(height * width * 3 / 4);
}

/**
 * Packed bytes to normalized images [n, height, width, 3]. Bindings: `pixels` and `transforms` (u32), `color`
 * [2, 3], `y`.
 */
export function image(n: number, height: number, width: number): Dispatch {
  const words = imageUint32(height, width);
  return {
    kernel: "image",
    source,
    bindings: [reads("pixels", "u32"), reads("transforms", "u32"), reads("color"), writes("y")],
    constants: { N: n, H: height, W: width, STRIDE_WORDS: words },
    workgroups: flatWorkgroups(n * height * Math.ceil(width / 4)),
    cost: { flops: 2 * n * height * width * 3, bytes: n * words * 4 + tensorBytes([n, height, width, 3]) },
  };
}
