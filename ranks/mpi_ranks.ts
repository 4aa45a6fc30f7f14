/** Ranks over MPI. */
import { RanksError } from "./errors.ts";
import { type MpiConstants, type MpiFunctions, type MpiLibrary, textOf } from "./mpi_library.ts";
import type { Exchanged, Ranks } from "./ranks.ts";
import { TreeSum } from "./tree_sum.ts";

/** Milliseconds between looks at whether all ranks have come. */
const LOOK_MS = 1;

/** The most bytes that a rank gives at once: MPI counts in 32-bit integers, and what is received takes memory. */
const PIECE_BYTES = 2 ** 28;

/** A size that is larger than MPI_Status and MPI_Request of any library. */
const OPAQUE_BYTES = 64;

/** What ranks do together, so that a rank that does something else is noticed. */
const CALLS = ["wait", "gather", "sum"] as const;

/** Bytes of an array, without a copy. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Exchanged) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The start of every count, if they follow each other. */
const starts = (counts: Int32Array) =>
  counts.map((_, i) => counts.subarray(0, i).reduce((sum, n) => sum + n, 0));

/**
 * The ranks that a launcher of MPI started.
 *
 * An exchange waits until all ranks have come with MPI_Iallgather and MPI_Test, from time to time, so that waiting costs
 * no CPU time. Then it calls MPI's blocking functions on another thread, where libraries are fastest; as only one call
 * runs at a time, MPI_THREAD_SERIALIZED is enough.
 */
export class MpiRanks implements Ranks {
  readonly rank: number;
  readonly size: number;
  readonly host: string;
  readonly #mpi: MpiFunctions;
  readonly #constants: MpiConstants;
  readonly #pieceBytes: number;
  /** The call that the next one waits for. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Initializes MPI, which a process can do once.
   *
   * @param pieceBytes the most bytes that a rank gives at once, a multiple of four.
   * @throws {RanksError} when it cannot be initialized.
   */
  constructor({ functions, serialized, constants }: MpiLibrary, pieceBytes = PIECE_BYTES) {
    this.#mpi = functions;
    this.#pieceBytes = pieceBytes;
    const number = new Int32Array(1);
    const initialized = functions.MPI_Init_thread(null, null, serialized, number);
    if (initialized !== 0) throw new RanksError(`MPI could not be initialized (error ${initialized}).`);
    const [provided] = number;
    if (provided! < serialized) {
      throw new RanksError(
        `This MPI library cannot be called from one thread after another (level ${provided}).`,
      );
    }
    this.#constants = constants();
    const { world, errorsReturn } = this.#constants;
    const read = (code: number) => (this.#check(code, "MPI_Comm_rank or MPI_Comm_size"), number[0]!);
    this.#check(functions.MPI_Comm_set_errhandler(world, errorsReturn), "MPI_Comm_set_errhandler");
    this.rank = read(functions.MPI_Comm_rank(world, number));
    this.size = read(functions.MPI_Comm_size(world, number));
    const { code, text } = textOf(functions.MPI_Get_processor_name);
    this.#check(code, "MPI_Get_processor_name");
    this.host = text;
  }

  allGather<T extends Exchanged>(values: T): Promise<T> {
    return this.#inTurn("gather", values.byteLength, async () => {
      const { byte, world } = this.#constants;
      const own = bytesOf(values), all = new Uint8Array(this.size * own.length);
      for (let from = 0; from < own.length; from += this.#pieceBytes) {
        const piece = own.subarray(from, from + this.#pieceBytes), n = piece.length;
        const pieces = new Uint8Array(this.size * n);
        this.#check(
          await this.#mpi.MPI_Allgather(piece, n, byte, pieces, n, byte, world),
          "MPI_Allgather",
        );
        for (let r = 0; r < this.size; r++) {
          all.set(pieces.subarray(r * n, (r + 1) * n), r * own.length + from);
        }
      }
      return likewise(values, all.buffer);
    });
  }

  allSum(values: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>> {
    return this.#inTurn("sum", values.byteLength, async () => {
      const piece = this.#pieceBytes / values.BYTES_PER_ELEMENT;
      for (let from = 0; from < values.length; from += piece) {
        await this.#sum(values.subarray(from, from + piece));
      }
      return values;
    });
  }

  barrier(): Promise<void> {
    return this.#inTurn("wait", 0, () => Promise.resolve());
  }

  abort(code: number): never {
    this.#mpi.MPI_Abort(this.#constants.world, code);
    Deno.exit(code);
  }

  finish(): void {
    this.#check(this.#mpi.MPI_Finalize(), "MPI_Finalize");
  }

  /** Sums in place: every rank gets a slice of all ranks' values, sums it, and gives its sum to all. */
  async #sum(values: Float32Array): Promise<void> {
    const { byte, world } = this.#constants;
    const { MPI_Alltoallv, MPI_Allgatherv } = this.#mpi;
    const each = Math.ceil(values.length / this.size);
    const slices = Int32Array.from({ length: this.size }, (_, r) => {
      return values.BYTES_PER_ELEMENT * Math.max(Math.min(each, values.length - r * each), 0);
    });
    const from = starts(slices), whole = bytesOf(values);

    const ownBytes = slices[this.rank]!, own = ownBytes / values.BYTES_PER_ELEMENT;
    const counts = slices.map(() => ownBytes);
    const slice = new Float32Array(this.size * own);
    this.#check(
      await MPI_Alltoallv(whole, slices, from, byte, bytesOf(slice), counts, starts(counts), byte, world),
      "MPI_Alltoallv",
    );
    const tree = new TreeSum();
    for (let r = 0; r < this.size; r++) tree.add(slice.subarray(r * own, (r + 1) * own));
    const sum = bytesOf(tree.total());
    this.#check(
      await MPI_Allgatherv(sum, ownBytes, byte, whole, slices, from, byte, world),
      "MPI_Allgatherv",
    );
  }

  /** Calls after the calls before it have ended, and when all ranks have come to this one with as many bytes. */
  #inTurn<T>(call: typeof CALLS[number], bytes: number, run: () => Promise<T>): Promise<T> {
    const next = this.#last.then(async () => {
      await this.#meet(call, bytes);
      return await run();
    });
    this.#last = next.catch(() => {});
    return next;
  }

  /** Waits until all ranks have come, and compares what they came for. */
  async #meet(call: typeof CALLS[number], bytes: number): Promise<void> {
    const { byte, world } = this.#constants;
    const { MPI_Iallgather, MPI_Test } = this.#mpi;
    const own = Float64Array.of(CALLS.indexOf(call), bytes), all = new Float64Array(2 * this.size);
    const request = new Uint8Array(OPAQUE_BYTES),
      status = new Uint8Array(OPAQUE_BYTES),
      done = new Int32Array(1);
    const n = own.byteLength;
    this.#check(MPI_Iallgather(own, n, byte, all, n, byte, world, request), "MPI_Iallgather");
    for (;;) {
      this.#check(MPI_Test(request, done, status), "MPI_Test");
      if (done[0] !== 0) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    for (let r = 0; r < this.size; r++) {
      const [theirs, theirBytes] = all.subarray(2 * r);
      if (theirs === own[0] && theirBytes === bytes) continue;
      throw new RanksError(
        `Rank ${this.rank} came to ${call} with ${bytes} bytes, and rank ${r} to ${CALLS[theirs!]} with ` +
          `${theirBytes}: the ranks do not do the same.`,
      );
    }
  }

  #check(code: number, what: string): void {
    if (code === 0) return;
    const { text } = textOf((bytes, length) => this.#mpi.MPI_Error_string(code, bytes, length));
    throw new RanksError(`${what} failed: ${text}.`);
  }
}

/** An array of the kind of another. */
function likewise<T extends Exchanged>(values: T, buffer: ArrayBuffer): T;
function likewise(values: Exchanged, buffer: ArrayBuffer): Exchanged {
  if (values instanceof Float32Array) return new Float32Array(buffer);
  return values instanceof Uint32Array ? new Uint32Array(buffer) : new Uint8Array(buffer);
}
