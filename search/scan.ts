/**
 * Finds the exact nearest of many vectors. The GPU computes all distances, block by block, and keeps them. The result is
 * that of a brute-force search in f64, with equally distant vectors in the order of the stream. f32 is not precise
 * enough for that, but each vector that it leaves out is proven to be farther (see exact_distance.ts).
 */
import type { Device } from "../engine/mod.ts";
import { MOST_NEAREST } from "../kernels/mod.ts";
import { BlockScan } from "./block_scan.ts";
import { NearestList, type Neighbor } from "./nearest_list.ts";
import { columnsOfBlock, type VectorBlock, vectorBlocks, type Vectors } from "./vector_blocks.ts";

/** Options of a scan. */
export interface ScanOptions {
  /** Length of a vector. */
  readonly size: number;
  /** How many of the nearest vectors, at least 1 and at most {@link MOST_TOP}. */
  readonly top: number;
  /** Vectors of a block. Default: as many as make 32 MiB, at most 16,384. */
  readonly columns?: number;
}

/** The GPU returns this many more candidates than `top`, so that f32 rarely fails to decide. */
const MORE = 16;

/** The largest `top`. */
export const MOST_TOP = MOST_NEAREST - MORE;

/** Queries of a pass: with more, the matrix product would not be faster. */
const QUERIES = 256;

/** Vectors that stay on the GPU for several searches. Open one with {@link openScan}. */
export class Scan {
  /** Use {@link openScan}. */
  constructor(
    readonly options: ScanOptions,
    /** How many vectors there are. */
    readonly count: number,
    readonly blocks: BlockScan | undefined,
  ) {}

  /** GPU memory held, in bytes. */
  get gpuBytes(): number {
    return this.blocks?.program.memory.total ?? 0;
  }

  /** How often f32 did not decide, so that the CPU compared a whole block with a query. */
  get undecided(): number {
    return this.blocks?.undecided ?? 0;
  }

  /**
   * Finds the nearest vectors of every query: [n, size] → n lists, nearest first.
   *
   * @throws {RangeError} when the queries are not a whole number of vectors, or not finite.
   */
  async search(queries: Float32Array): Promise<Neighbor[][]> {
    const lists = openLists(queries, this.options);
    await this.blocks?.search({ queries, lists });
    return lists.map((list) => list.neighbors());
  }

  /** Frees the GPU memory. */
  destroy(): void {
    this.blocks?.destroy();
  }
}

/**
 * Reads a stream of vectors onto the GPU. They are kept in memory as well, for exact distances.
 *
 * @param queries how many queries a pass compares: 1 to answer single queries soon, hundreds for many at once.
 * @throws {RangeError} when `top` is out of range, or a vector is not of `size` finite numbers.
 * @throws {LimitError | GpuError} when the vectors do not fit the GPU; {@link scanOnce} holds only one block of them.
 */
export async function openScan(
  device: Device,
  vectors: AsyncIterable<Vectors>,
  options: ScanOptions,
  queries: number,
): Promise<Scan> {
  checkOptions(options);
  const blocks: VectorBlock[] = [];
  for await (const block of blocksOf(vectors, options)) blocks.push(block);
  const count = blocks.reduce((sum, { ids }) => sum + ids.length, 0);
  if (count === 0) return new Scan(options, 0, undefined);
  return new Scan(options, count, await BlockScan.open(device, blocks, shapeOf(options, queries)));
}

/**
 * Finds the nearest vectors of every query in one pass over a stream of vectors, one block at a time:
 * [n, size] → n lists, nearest first.
 *
 * @throws {RangeError} when `top` is out of range, or a vector or query is not of `size` finite numbers.
 */
export async function scanOnce(
  device: Device,
  vectors: AsyncIterable<Vectors>,
  queries: Float32Array,
  options: ScanOptions,
): Promise<Neighbor[][]> {
  checkOptions(options);
  const lists = openLists(queries, options);
  const shape = shapeOf(options, Math.max(1, Math.min(QUERIES, lists.length)));
  for await (const block of blocksOf(vectors, options)) {
    const scan = await BlockScan.open(device, [block], shape);
    try {
      await scan.search({ queries, lists });
    } finally {
      scan.destroy();
    }
  }
  return lists.map((list) => list.neighbors());
}

function blocksOf(vectors: AsyncIterable<Vectors>, { size, columns }: ScanOptions) {
  return vectorBlocks(vectors, size, columns ?? columnsOfBlock(size));
}

function shapeOf({ size, top }: ScanOptions, rows: number) {
  return { size, rows, candidates: top + MORE };
}

function openLists(queries: Float32Array, { size, top }: ScanOptions): NearestList[] {
  if (queries.length % size !== 0) {
    throw new RangeError(`Queries of ${size} numbers each cannot have ${queries.length} numbers in all`);
  }
  return Array.from({ length: queries.length / size }, () => new NearestList(top));
}

function checkOptions({ top }: ScanOptions): void {
  if (Number.isInteger(top) && top >= 1 && top <= MOST_TOP) return;
  throw new RangeError(`A scan finds the nearest 1 to ${MOST_TOP} vectors; got ${top}`);
}
