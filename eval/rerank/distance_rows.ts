/** Whole rows of distances, one query after the other, computed on the GPU in blocks. */
import { constant, type Device, f32, gramDistance, Program } from "../../engine/mod.ts";
import type { Metric } from "../../kernels/mod.ts";
import { columnParts, type Range, ranges, type RerankBudget, rowsFrom, rowsOfBlock } from "./blocks.ts";

/** Rows' and columns' embeddings [n, size]. */
export interface DistanceProblem {
  readonly queries: Float32Array;
  readonly gallery: Float32Array;
  /** Length of an embedding. */
  readonly size: number;
  readonly metric: Metric;
}

/**
 * Distances of each query to the whole gallery, in order. A row is valid until the next one is asked for.
 *
 * @param onMemory is told the GPU memory held, in bytes.
 */
export async function* distanceRows(
  device: Device,
  problem: DistanceProblem,
  budget: RerankBudget,
  onMemory: (gpuBytes: number) => void,
): AsyncGenerator<Float32Array> {
  const { queries, gallery, size } = problem;
  const [count, width] = [queries.length / size, gallery.length / size];
  const parts = columnParts(width, size, budget);
  const rows = rowsOfBlock(count, Math.max(...parts.map(([from, to]) => to - from)), budget);
  let open: { part: Range; program: Awaited<ReturnType<typeof recordPart>> } | undefined;
  try {
    for (const group of ranges(count, budget.rows / (4 * width))) {
      const distances = new Float32Array((group[1] - group[0]) * width);
      for (const part of parts) {
        if (open?.part !== part) {
          open?.program.destroy();
          open = undefined;
          open = { part, program: await recordPart(device, problem, part, rows) };
        }
        onMemory(open.program.memory.total);
        const [from, columns] = [part[0], part[1] - part[0]];
        const waiting: Promise<void>[] = [];
        for (let first = group[0]; first < group[1]; first += rows) {
          const last = Math.min(group[1], first + rows);
          const { outputs } = await open.program.submit({
            queries: rowsFrom(queries, [first, last], size, rows),
          });
          const taken = outputs.then((out) => {
            for (let q = first; q < last; q++) {
              const row = out.distances.subarray((q - first) * columns, (q - first + 1) * columns);
              distances.set(row, (q - group[0]) * width + from);
            }
          });
          taken.catch(() => {}); // It is thrown below, unless submitting throws before.
          waiting.push(taken);
        }
        await Promise.all(waiting);
      }
      for (let row = 0; row < group[1] - group[0]; row++) {
        yield distances.subarray(row * width, (row + 1) * width);
      }
    }
  } finally {
    open?.program.destroy();
  }
}

function recordPart(
  device: Device,
  { gallery, size, metric }: DistanceProblem,
  [from, to]: Range,
  rows: number,
) {
  return Program.record(device, { queries: f32([rows, size]) }, ({ queries }) => ({
    distances: gramDistance(
      queries,
      constant(gallery.subarray(from * size, to * size), [to - from, size]),
      metric,
    ),
  }));
}
