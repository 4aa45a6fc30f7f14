/** Distances between two sets of embeddings, computed on the GPU block by block. */
import { type Device, f32, gramDistance, Program } from "../engine/mod.ts";
import type { Metric } from "../kernels/mod.ts";

/** Rows and columns of a block: a few megabytes on the way back, whatever the size of the gallery. */
const QUERY_BLOCK = 128;
const GALLERY_BLOCK = 1024;

/**
 * Calls `use` with the distances of one block of queries after another to the whole gallery.
 *
 * @param queries [q, size] row-major, `gallery` [g, size].
 * @param use receives the block's distances [rows, g] and the number of its first query; `distances` is overwritten
 *   by the next block.
 */
export async function distanceBlocks(
  device: Device,
  queries: Float32Array,
  gallery: Float32Array,
  size: number,
  metric: Metric,
  use: (distances: Float32Array, firstQuery: number, rows: number) => void,
): Promise<void> {
  const [q, g] = [queries.length / size, gallery.length / size];
  const columns = Math.min(GALLERY_BLOCK, g);
  const rows = Math.min(QUERY_BLOCK, q);
  const program = await Program.record(
    device,
    { a: f32([rows, size]), b: f32([columns, size]) },
    ({ a, b }) => ({ distances: gramDistance(a, b, metric) }),
  );
  try {
    const block = new Float32Array(rows * g);
    for (let first = 0; first < q; first += rows) {
      const count = Math.min(rows, q - first);
      const a = rowsOf(queries, first, rows, size);
      const waiting: Promise<void>[] = [];
      for (let start = 0; start < g; start += columns) {
        const width = Math.min(columns, g - start);
        const { outputs } = await program.submit({ a, b: rowsOf(gallery, start, columns, size) });
        const arrived = outputs.then(({ distances }) => {
          for (let i = 0; i < count; i++) {
            block.set(distances.subarray(i * columns, i * columns + width), i * g + start);
          }
        });
        arrived.catch(() => {}); // It is thrown below, unless submitting throws before.
        waiting.push(arrived);
      }
      await Promise.all(waiting);
      use(block.subarray(0, count * g), first, count);
    }
  } finally {
    program.destroy();
  }
}

/** `count` rows from `first` on; past the end they are zero. */
function rowsOf(data: Float32Array, first: number, count: number, size: number): Float32Array {
  const rows = data.subarray(first * size, (first + count) * size);
  if (rows.length === count * size) return rows;
  const padded = new Float32Array(count * size);
  padded.set(rows);
  return padded;
}
