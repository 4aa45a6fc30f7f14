/** Splits a stream of vectors into blocks of one size, each of which the GPU compares with queries at once. */
import { tensorBytes } from "../kernels/mod.ts";
import { LONGEST, squaredLength } from "./exact_distance.ts";

/** Some vectors of a stream, such as a page of a gallery's table. */
export interface Vectors {
  readonly ids: readonly string[];
  /** [ids.length, size]. */
  readonly embeddings: Float32Array;
}

/** Vectors that are on the GPU together. */
export interface VectorBlock {
  readonly ids: readonly string[];
  /** [columns, size]; rows past the last id are 0. */
  readonly embeddings: Float32Array;
  /** [columns], squared. */
  readonly lengths: Float32Array;
  /** Length of the longest vector. */
  readonly longest: number;
  /** Position of the first vector in the stream. */
  readonly first: number;
}

/** The size of a block in bytes, approximately, and the most vectors of a block. */
const BLOCK = { bytes: 32 * 2 ** 20, columns: 16_384 };

/** How many vectors of `size` numbers make a block. */
export function columnsOfBlock(size: number): number {
  return Math.max(4, Math.min(BLOCK.columns, Math.floor(BLOCK.bytes / tensorBytes([1, size]))));
}

/** The rows of the last block are a multiple of this, since each number of rows needs separate kernels. */
const LAST_BLOCK_STEP = 256;

/**
 * Splits a stream into blocks of `columns` rows. The last block is shorter and may have unused rows.
 *
 * @throws {RangeError} if a vector is not of `size` finite numbers, or longer than 2^50.
 */
export async function* vectorBlocks(
  vectors: AsyncIterable<Vectors>,
  size: number,
  columns: number,
): AsyncGenerator<VectorBlock> {
  let first = 0;
  let open = new OpenBlock(size, columns, first);
  for await (const { ids, embeddings } of vectors) {
    if (embeddings.length !== ids.length * size) {
      throw new RangeError(
        `${ids.length} vectors of ${size} numbers need ${
          ids.length * size
        } numbers; got ${embeddings.length}`,
      );
    }
    for (const [row, id] of ids.entries()) {
      open.add(id, embeddings, row * size);
      if (open.ids.length < columns) continue;
      yield open;
      first += columns;
      open = new OpenBlock(size, columns, first);
    }
  }
  if (open.ids.length > 0) yield open.trimmed();
}

/**
 * The length of the vector that begins at index `start`.
 *
 * @throws {RangeError} if it is not finite, or too large for distances in f32.
 */
export function checkedLength(
  vectors: Float32Array,
  start: number,
  size: number,
  what: () => string,
): number {
  const length = Math.sqrt(squaredLength(vectors, start, size));
  if (length <= LONGEST) return length;
  throw new RangeError(
    Number.isFinite(length)
      ? `${what()} has length ${length}, which is too long to compare; embeddings have lengths of about 1`
      : `${what()} holds numbers that are not finite: the weights of its network are not usable`,
  );
}

class OpenBlock implements VectorBlock {
  readonly ids: string[] = [];
  embeddings: Float32Array;
  lengths: Float32Array;
  longest = 0;

  constructor(readonly size: number, columns: number, readonly first: number) {
    this.embeddings = new Float32Array(columns * size);
    this.lengths = new Float32Array(columns);
  }

  add(id: string, embeddings: Float32Array, start: number): void {
    const length = checkedLength(embeddings, start, this.size, () => `The vector of ${id}`);
    this.embeddings.set(embeddings.subarray(start, start + this.size), this.ids.length * this.size);
    this.lengths[this.ids.length] = length ** 2;
    this.longest = Math.max(this.longest, length);
    this.ids.push(id);
  }

  /** Removes most of the unused rows. */
  trimmed(): VectorBlock {
    const rows = Math.ceil(this.ids.length / LAST_BLOCK_STEP) * LAST_BLOCK_STEP;
    this.lengths = this.lengths.slice(0, rows);
    this.embeddings = this.embeddings.slice(0, rows * this.size);
    return this;
  }
}
