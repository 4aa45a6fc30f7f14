/** Geometry of matrix products over a batch. */
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { elementCount, tensorBytes, vec4Count } from "../wgsl/storage.ts";
import source from "./batched_matmul.wgsl" with { type: "text" };

/** Y = A B for each entry: a [..., M, K], b [..., K, N], up to two axes of batch, which broadcast. Bindings: `a`, `b`, `y`. */
export function batchedMatmul(a: readonly number[], b: readonly number[]): Dispatch {
  const [k = 1, m = 1, aInner = 1, aOuter = 1] = a.toReversed();
  const [n = 1, , bInner = 1, bOuter = 1] = b.toReversed();
  const [outer, inner] = [Math.max(aOuter, bOuter), Math.max(aInner, bInner)];
  const y = [outer, inner, m, n];
  return {
    kernel: "batched_matmul",
    source,
    bindings: [reads("a"), reads("b"), writes("y")],
    constants: {
      BATCH: outer * inner,
      INNER: inner,
      M: m,
      K: k,
      K4: vec4Count(k),
      N: n,
      N4: vec4Count(n),
      A_OUTER: aOuter === 1 ? 0 : aInner,
      A_INNER: aInner === 1 ? 0 : 1,
      B_OUTER: bOuter === 1 ? 0 : bInner,
      B_INNER: bInner === 1 ? 0 : 1,
    },
    workgroups: flatWorkgroups(outer * inner * Math.ceil(m / 4) * vec4Count(n)),
    cost: { flops: 2 * elementCount(y) * k, bytes: tensorBytes(a) + tensorBytes(b) + tensorBytes(y) },
  };
}
