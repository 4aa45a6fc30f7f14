/** Vectors from a stream, in blocks of one size: what the GPU compares with queries at a time. */
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
  /** Of the longest vector. */
  readonly longest: number;
  /** Position of the first vector in the stream. */
  readonly first: number;
}

/** About how many bytes of vectors make a block, and how many vectors at most. */
const BLOCK = { bytes: 32 * 2 ** 20, columns: 16_384 };

/** How many vectors make a block. */
export function columnsOfBlock(size: number): number {
  return Math.max(4, Math.min(BLOCK.columns, Math.floor(BLOCK.bytes / tensorBytes([1, size]))));
}

/** Rows of the last block are a multiple of this, as many as are needed: kernels differ with every number of rows. */
const LAST_BLOCK_STEP = 256;

/**
 * Cuts a stream into blocks of `columns` rows, the last of which is shorter and may have rows to spare.
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
        `${ids.length} vectors of ${size} are ${
          ids.length * size
        } numbers; the gallery gave ${embeddings.length}`,
      );
    }
    for (let row = 0; row < ids.length; row++) {
      open.add(ids[row], embeddings, row * size);
      if (open.ids.length < columns) continue;
      yield open;
      first += columns;
      open = new OpenBlock(size, columns, first);
    }
  }
  if (open.ids.length > 0) yield open.trimmed();
}

/**
 * The length of a vector.
 *
 * @throws {RangeError} if it is not finite, or more than distances in f32 can bear.
 */
export function checkedLength(vectors: Float32Array, at: number, size: number, what: () => string): number {
  const length = Math.sqrt(squaredLength(vectors, at, size));
  if (length <= LONGEST) return length;
  throw new RangeError(
    Number.isFinite(length)
      ? `${what()} is too long to be compared (${length}); embeddings have lengths about 1`
      : `${what()} holds numbers that are not finite: the network that made it is broken`,
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

  add(id: string, embeddings: Float32Array, at: number): void {
    const length = checkedLength(embeddings, at, this.size, () => `The vector of ${id}`);
    this.embeddings.set(embeddings.subarray(at, at + this.size), this.ids.length * this.size);
    this.lengths[this.ids.length] = length ** 2;
    this.longest = Math.max(this.longest, length);
    this.ids.push(id);
  }

  /** Without most of the rows to spare. */
  trimmed(): VectorBlock {
    const rows = Math.ceil(this.ids.length / LAST_BLOCK_STEP) * LAST_BLOCK_STEP;
    this.lengths = this.lengths.slice(0, rows);
    this.embeddings = this.embeddings.slice(0, rows * this.size);
    return this;
  }
}
