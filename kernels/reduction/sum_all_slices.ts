/** Geometry of the sum of many results' slices in one dispatch. */
import { type Dispatch, foldWorkgroups, reads, updates } from "../wgsl/dispatch.ts";
import { VEC4_BYTES } from "../wgsl/storage.ts";
import source from "./sum_all_slices.wgsl" with { type: "text" };

/** Threads of a workgroup. */
const THREADS = 256;
/** Fewest neighboring vec4s that a workgroup computes: 64 bytes, two sectors of a GPU's memory. */
const LEAST_COLUMNS = 4;
/** Slices that one thread adds, where there are enough threads. */
const SLICES_OF_A_THREAD = 8;

/** Slices that are added, and where their sum goes; everything in vec4s. */
export interface SlicedResult {
  /** Where the first slice begins. */
  readonly from: number;
  /** Slices, one after another. */
  readonly slices: number;
  /** Length of a slice and of the sum. */
  readonly length: number;
  /** Where the sum begins. */
  readonly to: number;
}

/** Adds the slices of all results. Bindings: `partial`, `jobs`, to be filled with the numbers returned, and `y`. */
export function sumAllSlices(results: readonly SlicedResult[]): { dispatch: Dispatch; jobs: number[] } {
  const jobs: number[] = [];
  for (const { from, slices, length, to } of results) {
    const columns = columnsOf(slices);
    for (let first = 0; first < length; first += columns) {
      jobs.push(from + first, length, slices, columns, to + first, Math.min(columns, length - first));
    }
  }
  const [added, sums] = [
    results.reduce((sum, { slices, length }) => sum + slices * length, 0),
    results.reduce((sum, { length }) => sum + length, 0),
  ];
  const dispatch: Dispatch = {
    kernel: "sum_all_slices",
    source,
    bindings: [reads("partial"), reads("jobs", "u32"), updates("y")],
    constants: { GROUPS: jobs.length / 6 },
    tile: { THREADS, LEAST_COLUMNS },
    workgroups: foldWorkgroups(jobs.length / 6),
    cost: { flops: added * 4, bytes: (added + sums) * VEC4_BYTES },
  };
  return { dispatch, jobs };
}

/** The power of two of columns with which a workgroup's threads have a few slices each. */
function columnsOf(slices: number): number {
  let columns = THREADS;
  while (columns > LEAST_COLUMNS && slices > SLICES_OF_A_THREAD * THREADS / columns) columns /= 2;
  return columns;
}
