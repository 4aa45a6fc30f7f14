/**
 * Blocks of vectors on the GPU, compared with several queries at once. The GPU computes distances in f32 and returns
 * a few candidates. Their exact distances decide, and prove that no other vector belongs to the nearest.
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
import { distanceError, squaredDistance } from "./exact_distance.ts";
import type { NearestList } from "./nearest_list.ts";
import { checkedLength, type VectorBlock } from "./vector_blocks.ts";

/** Sizes of a scan. */
export interface ScanShape {
  /** Length of a vector. */
  readonly size: number;
  /** Queries that the GPU compares at once; with fewer, the other rows are empty. */
  readonly rows: number;
  /** How many nearest columns the GPU returns for each block, at most `MOST_NEAREST`. */
  readonly candidates: number;
}

/** Queries, and the list that each of them fills. */
export interface OpenSearch {
  /** [lists.length, size]. */
  readonly queries: Float32Array;
  readonly lists: readonly NearestList[];
}

type Recorded = Awaited<ReturnType<typeof recordBlocks>>;

/** Of a block, for each row, the nearest columns and their squared distances: both [rows, candidates], nearest first. */
interface Candidates {
  readonly columns: Uint32Array;
  readonly squared: Float32Array;
}

/** A query of a pass. */
interface Query {
  /** Its row of the pass. */
  readonly row: number;
  /** [size]. */
  readonly vector: Float32Array;
  readonly length: number;
  readonly list: NearestList;
}

/** Vectors on the GPU. */
export class BlockScan {
  /** How often f32 did not decide, so that a whole block was compared with a query in f64. */
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

  /** Adds the nearest vectors of the blocks to the lists. @throws {RangeError} when a query is not finite. */
  async search({ queries, lists }: OpenSearch): Promise<void> {
    const { rows, size } = this.shape;
    const waiting: Promise<void>[] = [];
    for (let first = 0; first < lists.length; first += rows) {
      const padded = new Float32Array(rows * size);
      padded.set(queries.subarray(first * size, Math.min(lists.length, first + rows) * size));
      const { outputs } = await this.program.submit({ queries: padded });
      const taken = outputs.then((out) => {
        for (const [row, list] of lists.slice(first, first + rows).entries()) {
          const length = checkedLength(padded, row * size, size, () => `Query ${first + row}`);
          const query = { row, vector: padded.subarray(row * size, (row + 1) * size), length, list };
          for (const [b, block] of this.blocks.entries()) {
            const columns = out[`columns ${b}`], squared = out[`squared ${b}`];
            if (!columns || !squared) throw new Error(`The program has no block ${b}`);
            this.#take(query, block, { columns, squared });
          }
        }
      });
      taken.catch(() => {}); // Promise.all() below throws it, unless a later submit() throws first.
      waiting.push(taken);
    }
    await Promise.all(waiting);
  }

  /** Frees the GPU memory. */
  destroy(): void {
    this.program.destroy();
  }

  #take({ row, vector, length, list }: Query, block: VectorBlock, { columns, squared }: Candidates): void {
    const { candidates, size } = this.shape;
    const offer = (id: string, column: number) =>
      list.offer({
        id,
        position: block.first + column,
        squared: squaredDistance(vector, 0, block.embeddings, column * size, size),
      });
    const error = distanceError(size, length, block.longest);
    const offered = columns.subarray(row * candidates, (row + 1) * candidates);
    for (const [i, column] of offered.entries()) {
      const id = block.ids[column];
      if (id === undefined) return; // NONE: the block has no more vectors.
      // This one is farther than the last of the list, and so are all after it.
      if (squared[row * candidates + i]! - error > list.limit) return;
      offer(id, column);
    }
    if (candidates >= block.ids.length) return;
    this.undecided++;
    const known = new Set(offered);
    for (const [column, id] of block.ids.entries()) if (!known.has(column)) offer(id, column);
  }
}

function recordBlocks(device: Device, blocks: readonly VectorBlock[], shape: ScanShape) {
  const { size, rows, candidates } = shape;
  return Program.record(device, { queries: f32([rows, size]) }, ({ queries }) => {
    const outputs: { [name: `columns ${number}`]: Uint32Tensor; [name: `squared ${number}`]: Tensor } = {};
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
