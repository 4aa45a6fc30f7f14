/**
 * Blocks of vectors on the GPU, compared with a block of queries at a time. Of the distances, which are f32, only those
 * of a few candidates come back; their exact distances decide, and prove that nobody else belongs to the nearest.
 */
import {
  constant,
  constantUint32,
  type Device,
  f32,
  gramDistance,
  nearestColumns,
  pickColumns,
  Program,
  type Tensor,
  type Uint32Tensor,
} from "../engine/mod.ts";
import { NONE } from "../kernels/mod.ts";
import { distanceError, squaredDistance } from "./exact_distance.ts";
import type { NearestList } from "./nearest_list.ts";
import { checkedLength, type VectorBlock } from "./vector_blocks.ts";

/** Sizes of a scan. */
export interface ScanShape {
  /** Length of a vector. */
  readonly size: number;
  /** Queries that are compared at a time; where there are fewer, rows are left empty. */
  readonly rows: number;
  /** Nearest columns that the GPU tells of each block, at most `MOST_NEAREST`. */
  readonly candidates: number;
}

/** Queries, and what was found for each. */
export interface OpenSearch {
  /** [lists.length, size]. */
  readonly queries: Float32Array;
  readonly lists: readonly NearestList[];
}

type Recorded = Awaited<ReturnType<typeof recordBlocks>>;

/** What the GPU tells of a block: columns [rows, candidates], nearest first, and their squared distances. */
interface Candidates {
  readonly columns: Uint32Array;
  readonly squared: Float32Array;
}

/** Of block b: `columns b` and `squared b`. */
type BlockOutputs = Readonly<Record<string, Float32Array | Uint32Array>>;

/** Vectors on the GPU. */
export class BlockScan {
  /** Blocks that were compared with a query in f64, whole, because f32 could not tell the nearest. */
  undecided = 0;

  private constructor(
    readonly blocks: readonly VectorBlock[],
    readonly shape: ScanShape,
    readonly program: Recorded,
  ) {}

  /**
   * Uploads the blocks.
   *
   * @throws {LimitError | GpuError} when they do not fit the adapter.
   */
  static async open(device: Device, blocks: readonly VectorBlock[], shape: ScanShape): Promise<BlockScan> {
    return new BlockScan(blocks, shape, await recordBlocks(device, blocks, shape));
  }

  /** Adds to the lists what the blocks hold. @throws {RangeError} when a query is not finite. */
  async search({ queries, lists }: OpenSearch): Promise<void> {
    const { rows, size } = this.shape;
    const waiting: Promise<void>[] = [];
    for (let first = 0; first < lists.length; first += rows) {
      const padded = new Float32Array(rows * size);
      padded.set(queries.subarray(first * size, Math.min(lists.length, first + rows) * size));
      const { outputs } = await this.program.submit({ queries: padded });
      const taken = outputs.then((out) => {
        for (let row = 0; row < rows && first + row < lists.length; row++) {
          this.#take({ padded, row, number: first + row }, lists[first + row], out);
        }
      });
      taken.catch(() => {}); // It is thrown below, unless submitting throws before.
      waiting.push(taken);
    }
    await Promise.all(waiting);
  }

  /** Frees the GPU memory. */
  destroy(): void {
    this.program.destroy();
  }

  #take(
    { padded, row, number }: { padded: Float32Array; row: number; number: number },
    list: NearestList,
    out: BlockOutputs,
  ): void {
    const { candidates, size } = this.shape;
    const length = checkedLength(padded, row * size, size, () => `Query ${number}`);
    this.blocks.forEach((block, b) => {
      const [from, to] = [row * candidates, (row + 1) * candidates];
      const found: Candidates = {
        columns: (out[`columns ${b}`] as Uint32Array).subarray(from, to),
        squared: (out[`squared ${b}`] as Float32Array).subarray(from, to),
      };
      const offer = (column: number) =>
        list.offer({
          id: block.ids[column],
          position: block.first + column,
          squared: squaredDistance(padded, row * size, block.embeddings, column * size, size),
        });
      const error = distanceError(size, length, block.longest);
      for (let i = 0; i < candidates; i++) {
        if (found.columns[i] === NONE) return; // That were all there are.
        // This one is farther than the last of the list, so all behind it are, too.
        if (found.squared[i] - error > list.limit) return;
        offer(found.columns[i]);
      }
      if (candidates >= block.ids.length) return;
      this.undecided++;
      const offered = new Set(found.columns);
      for (const column of block.ids.keys()) if (!offered.has(column)) offer(column);
    });
  }
}

function recordBlocks(device: Device, blocks: readonly VectorBlock[], shape: ScanShape) {
  const { size, rows, candidates } = shape;
  return Program.record(device, { queries: f32([rows, size]) }, ({ queries }) => {
    const outputs: Record<string, Tensor | Uint32Tensor> = {};
    blocks.forEach(({ ids, embeddings, lengths }, b) => {
      const columns = lengths.length;
      const distances = gramDistance(
        queries,
        constant(embeddings, [columns, size]),
        "squared",
        constant(lengths, [columns]),
      );
      const nearest = nearestColumns(distances, candidates, constantUint32([ids.length]));
      outputs[`columns ${b}`] = nearest;
      outputs[`squared ${b}`] = pickColumns(distances, nearest);
    });
    return outputs;
  });
}
