/** Ranks over MPI. */
import { setImmediate, setTimeout } from "node:timers/promises";
import { RanksError } from "./errors.ts";
import { gatherValues } from "./gather_values.ts";
import { leaveHydra } from "./leave_hydra.ts";
import { type MpiConstants, type MpiFunctions, type MpiLibrary, textOf } from "./mpi_library.ts";
import type { Exchanged, Ranks } from "./ranks.ts";
import { TreeSum } from "./tree_sum.ts";

/** Milliseconds for which a rank looks all the time whether the others have come, and then between its looks. */
const EAGER_MS = 2, LOOK_MS = 1;

/** The most bytes that a rank gives at once: MPI counts in 32-bit integers, and what is received takes memory. */
const PIECE_BYTES = 2 ** 28;

/** A size that is larger than MPI_Status and MPI_Request of any library. */
const OPAQUE_BYTES = 64;

/** What ranks do together, so that a rank that does something else is noticed. */
const CALLS = ["wait", "gather", "sum"] as const;

/** Starts a call of MPI that goes on by itself, and returns its code. */
type Start = (request: Uint8Array<ArrayBuffer>) => number;

/** Bytes of an array, without a copy. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Exchanged) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The start of every count, if they follow each other. */
const starts = (counts: Int32Array<ArrayBuffer>) =>
  counts.map((_, i) => counts.subarray(0, i).reduce((sum, n) => sum + n, 0));

/**
 * The ranks that a launcher of MPI started.
 *
 * First all ranks meet: they look from time to time whether the others have come, so that waiting for a slow one costs no
 * CPU time. Then they exchange, with one MPI_Test in every turn of the event loop, which moves the data in most
 * libraries. MPI's blocking calls on another thread are no faster, and take seconds where there are more ranks than cores.
 */
export class MpiRanks implements Ranks {
  readonly rank: number;
  readonly size: number;
  readonly host: string;
  readonly #mpi: MpiFunctions;
  readonly #constants: MpiConstants;
  readonly #hangsAtEnd: boolean;
  readonly #pieceBytes: number;
  /** The call under way. It holds the arrays that MPI reads and writes, so that they are not collected as garbage. */
  #underWay: Start | undefined;
  /** The call that the next one waits for. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Initializes MPI, which a process can do once.
   *
   * @param pieceBytes the most bytes that a rank gives at once, a multiple of four.
   * @throws {RanksError} when it cannot be initialized.
   */
  constructor({ functions, funneled, constants, hangsAtEnd }: MpiLibrary, pieceBytes = PIECE_BYTES) {
    this.#mpi = functions;
    this.#pieceBytes = pieceBytes;
    this.#hangsAtEnd = hangsAtEnd;
    const number = new Int32Array(1);
    const initialized = functions.MPI_Init_thread(null, null, funneled, number);
    if (initialized !== 0) throw new RanksError(`MPI could not be initialized (error ${initialized}).`);
    if (number[0]! < funneled) {
      throw new RanksError("This MPI library refuses processes with several threads.");
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
        await this.#complete("MPI_Iallgather", (request) => {
          return this.#mpi.MPI_Iallgather(piece, n, byte, pieces, n, byte, world, request);
        });
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

  async finish(): Promise<void> {
    const hosts = await gatherValues(this, this.host); // Waiting in MPI_Finalize would cost CPU time.
    if (this.#hangsAtEnd && new Set(hosts).size > 1) leaveHydra();
    else this.#check(this.#mpi.MPI_Finalize(), "MPI_Finalize");
  }

  /** Sums in place: every rank gets a slice of all ranks' values, sums it, and gives its sum to all. */
  async #sum(values: Float32Array<ArrayBuffer>): Promise<void> {
    const { byte, world } = this.#constants;
    const whole = bytesOf(values), each = Math.ceil(values.length / this.size);
    const slices = Int32Array.from({ length: this.size }, (_, r) => {
      return values.BYTES_PER_ELEMENT * Math.max(Math.min(each, values.length - r * each), 0);
    });
    const sliceStarts = starts(slices);

    const ownBytes = slices[this.rank]!, n = ownBytes / values.BYTES_PER_ELEMENT;
    const received = new Float32Array(this.size * n), receivedBytes = bytesOf(received);
    const parts = slices.map(() => ownBytes), partStarts = starts(parts);
    await this.#complete("MPI_Ialltoallv", (request) => {
      const { MPI_Ialltoallv } = this.#mpi;
      return MPI_Ialltoallv(
        ...[whole, slices, sliceStarts, byte] as const,
        ...[receivedBytes, parts, partStarts, byte] as const,
        world,
        request,
      );
    });
    const tree = new TreeSum();
    for (let r = 0; r < this.size; r++) tree.add(received.subarray(r * n, (r + 1) * n));
    const sum = bytesOf(tree.total());
    await this.#complete("MPI_Iallgatherv", (request) => {
      const { MPI_Iallgatherv } = this.#mpi;
      return MPI_Iallgatherv(sum, ownBytes, byte, whole, slices, sliceStarts, byte, world, request);
    });
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
    const own = Float64Array.of(CALLS.indexOf(call), bytes), all = new Float64Array(2 * this.size);
    const start: Start = (request) => {
      return this.#mpi.MPI_Iallgather(own, own.byteLength, byte, all, own.byteLength, byte, world, request);
    };
    const eagerUntil = performance.now() + EAGER_MS;
    await this.#complete("MPI_Iallgather", start, () => {
      return performance.now() < eagerUntil ? setImmediate() : setTimeout(LOOK_MS);
    });
    for (let r = 0; r < this.size; r++) {
      const [theirs, theirBytes] = all.subarray(2 * r);
      if (theirs === own[0] && theirBytes === bytes) continue;
      throw new RanksError(
        `Rank ${this.rank} came to ${call} with ${bytes} bytes, and rank ${r} to ${CALLS[theirs!]} with ` +
          `${theirBytes}: the ranks do not do the same.`,
      );
    }
  }

  /** Starts a call of MPI and returns after its end; `pause` waits from one look to the next. */
  async #complete(name: string, start: Start, pause: () => Promise<unknown> = setImmediate): Promise<void> {
    const request = new Uint8Array(OPAQUE_BYTES), status = new Uint8Array(OPAQUE_BYTES);
    const done = new Int32Array(1);
    this.#underWay = start;
    this.#check(start(request), name);
    for (;;) {
      this.#check(this.#mpi.MPI_Test(request, done, status), name);
      if (done[0] !== 0) break;
      await pause();
    }
    this.#underWay = undefined;
  }

  #check(code: number, name: string): void {
    if (code === 0) return;
    const { text } = textOf((bytes, length) => this.#mpi.MPI_Error_string(code, bytes, length));
    throw new RanksError(`${name} failed: ${text}.`);
  }
}

/** An array of the kind of another. */
function likewise<T extends Exchanged>(values: T, buffer: ArrayBuffer): T;
function likewise(values: Exchanged, buffer: ArrayBuffer): Exchanged {
  if (values instanceof Float32Array) return new Float32Array(buffer);
  return values instanceof Uint32Array ? new Uint32Array(buffer) : new Uint8Array(buffer);
}
