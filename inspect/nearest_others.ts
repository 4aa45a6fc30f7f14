/** The nearest other vectors of every vector of a list, by the exact scan on the GPU. */
import type { Device } from "../engine/mod.ts";
import type { Neighbor } from "../search/nearest_list.ts";
import { openScan } from "../search/scan.ts";

/** Vectors that are compared with all others between two calls of `onProgress`. */
const TOGETHER = 256;

/** Vectors of one length. */
export interface VectorList {
  /** [n, size]. */
  readonly values: Float32Array;
  readonly size: number;
}

/** Options of {@link nearestOthers} and {@link nearestOf}. */
export interface NearestOptions {
  /** How many of the nearest. */
  readonly top: number;
  /** Called with the number of vectors so far and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * For each query its nearest vectors, nearest first: `position` is a vector's row in the list.
 *
 * @throws {RangeError} when a number is not finite, or `top` is out of range.
 * @throws {LimitError | GpuError} when the vectors do not fit the GPU.
 */
export async function nearestOf(
  device: Device,
  queries: VectorList,
  { values, size }: VectorList,
  { top, onProgress = () => {} }: NearestOptions,
): Promise<Neighbor[][]> {
  const count = values.length / size, asked = queries.values.length / size;
  const pages = async function* () {
    yield { ids: Array.from({ length: count }, (_, i) => String(i)), embeddings: values };
  };
  const scan = await openScan(device, pages(), { size, top }, Math.max(1, Math.min(TOGETHER, asked)));
  try {
    const found: Neighbor[][] = [];
    for (let first = 0; first < asked; first += TOGETHER) {
      const end = Math.min(asked, first + TOGETHER);
      found.push(...await scan.search(queries.values.subarray(first * size, end * size)));
      onProgress(end, asked);
    }
    return found;
  } finally {
    scan.destroy();
  }
}

/** For each vector the nearest others of its list: see {@link nearestOf}. */
export async function nearestOthers(
  device: Device,
  vectors: VectorList,
  { top, onProgress }: NearestOptions,
): Promise<Neighbor[][]> {
  const found = await nearestOf(device, vectors, vectors, { top: top + 1, onProgress });
  return found.map((list, i) => list.filter(({ position }) => position !== i).slice(0, top));
}
