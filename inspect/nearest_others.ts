/** The nearest other vectors of every vector of a list, by the exact scan on the GPU. */
import type { Device } from "../engine/mod.ts";
import type { Neighbor } from "../search/nearest_list.ts";
import { openScan } from "../search/scan.ts";

/** Vectors that are compared with all others at once. */
const TOGETHER = 256;

/** Vectors of one length. */
export interface VectorList {
  /** [n, size]. */
  readonly values: Float32Array;
  readonly size: number;
}

/** A vector's nearest others, nearest first; `position` is a row of the list. */
export interface NearestOthers {
  /** The vector's row. */
  readonly row: number;
  readonly nearest: readonly Neighbor[];
}

/**
 * Goes through the vectors in order. Memory holds the nearest of a few hundred of them.
 *
 * @param top how many of the nearest.
 * @param onProgress called with the number of vectors so far and in all, when their nearest are used.
 * @throws {RangeError} when a number is not finite, or `top` is out of range.
 * @throws {LimitError | GpuError} when the vectors do not fit the GPU.
 */
export async function* nearestOthers(
  device: Device,
  { values, size }: VectorList,
  top: number,
  onProgress: (done: number, total: number) => void = () => {},
): AsyncGenerator<NearestOthers, void, void> {
  const count = values.length / size;
  const pages = async function* () {
    yield { ids: Array.from({ length: count }, (_, row) => String(row)), embeddings: values };
  };
  // One more, as each vector finds itself.
  const scan = await openScan(
    device,
    pages(),
    { size, top: top + 1 },
    Math.max(1, Math.min(TOGETHER, count)),
  );
  try {
    for (let first = 0; first < count; first += TOGETHER) {
      const end = Math.min(count, first + TOGETHER);
      for (const [i, list] of (await scan.search(values.subarray(first * size, end * size))).entries()) {
        const row = first + i;
        yield { row, nearest: list.filter(({ position }) => position !== row).slice(0, top) };
      }
      onProgress(end, count);
    }
  } finally {
    scan.destroy();
  }
}
