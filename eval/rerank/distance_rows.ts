/** Whole rows of distances, one query after the other, computed on the GPU in blocks. */
import { constant, type Device, f32, gramDistance, Program } from "../../engine/mod.ts";
import type { Metric } from "../../kernels/mod.ts";
import { chunks, evenRanges, type Range } from "../ranges.ts";
import { type Share, WHOLE } from "../share.ts";
import { submitEach } from "../submit_each.ts";
import { columnParts, type RerankBudget, rowsFrom, rowsOfBlock } from "./blocks.ts";

/** Embeddings [n, size] of the rows (queries) and of the columns (gallery). */
export interface DistanceProblem {
  readonly queries: Float32Array;
  readonly gallery: Float32Array;
  /** Length of an embedding. */
  readonly size: number;
  readonly metric: Metric;
}

/**
 * Distances of each query to the whole gallery, in order. A row is valid until the next one is requested.
 *
 * @param onMemory Receives the GPU memory held, in bytes.
 * @param share Of several processes, each gets the rows of its queries, with the kernels of one process.
 */
export async function* distanceRows(
  device: Device,
  problem: DistanceProblem,
  budget: RerankBudget,
  onMemory: (gpuBytes: number) => void,
  share: Share = WHOLE,
): AsyncGenerator<Float32Array> {
  const { queries, gallery, size } = problem;
  const [count, width] = [queries.length / size, gallery.length / size];
  const parts = columnParts(width, size, budget);
  const rows = rowsOfBlock(count, Math.max(...parts.map(([from, to]) => to - from)), budget);
  let open: { part: Range; program: Awaited<ReturnType<typeof recordPart>> } | undefined;
  try {
    const [start, end] = share.range(count);
    for (const range of evenRanges(end - start, budget.rows / (4 * width))) {
      const group: Range = [start + range[0], start + range[1]];
      const distances = new Float32Array((group[1] - group[0]) * width);
      for (const part of parts) {
        if (open?.part !== part) {
          open?.program.destroy();
          open = undefined;
          open = { part, program: await recordPart(device, problem, part, rows) };
        }
        const { program } = open;
        onMemory(program.memory.total);
        const [from, columns] = [part[0], part[1] - part[0]];
        await submitEach(chunks(group, rows), async ([first, last]) => {
          const { outputs } = await program.submit({ queries: rowsFrom(queries, [first, last], size, rows) });
          const done = outputs.then((out) => {
            for (let q = first; q < last; q++) {
              const row = out.distances.subarray((q - first) * columns, (q - first + 1) * columns);
              distances.set(row, (q - group[0]) * width + from);
            }
          });
          return { done };
        });
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
