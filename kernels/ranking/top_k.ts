/** Geometry of selecting the smallest of every row, for a search in a block of distances. */
import { type Dispatch, foldWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import type { RankShape } from "./rank_distances.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import source from "./top_k.wgsl" with { type: "text" };

/** The most columns that {@link topK} chooses of a row: they are sorted in a workgroup's memory. */
export const MOST_NEAREST = 1024;

/**
 * The nearest gallery images. Bindings: `distances`, `valid` [1], `nearest` [queries, count].
 *
 * @throws {RangeError} unless `count` is 1 to {@link MOST_NEAREST}.
 */
export function topK({ queries, gallery }: RankShape, count: number): Dispatch {
  if (!(count >= 1 && count <= MOST_NEAREST)) {
    throw new RangeError(`The nearest 1 to ${MOST_NEAREST} columns can be chosen; got ${count}`);
  }
  return {
    kernel: "top_k",
    source,
    bindings: [reads("distances"), reads("valid", "u32"), writes("nearest", "u32")],
    constants: { Q: queries, N4: vec4Count(gallery), K: count },
    tile: { THREADS: 256, SLOTS: Math.max(2, 2 ** Math.ceil(Math.log2(count))) },
    workgroups: foldWorkgroups(queries),
    // Each distance is read several times; operands are counted once, as everywhere.
    cost: {
      flops: 2 * queries * gallery,
      bytes: tensorBytes([queries, gallery]) + 4 + 4 * queries * count,
    },
  };
}
