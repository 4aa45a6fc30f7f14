/** Arrays of numbers that ranks exchange. */
export type Exchanged = Float32Array | Uint32Array | Uint8Array;

/**
 * The processes of a job, called ranks: the number of this one, and what they exchange. All ranks call the same
 * methods in the same order; a rank waits in a call until the others have come to it. Calls do not block the event loop,
 * and calls that overlap run one after another.
 */
export interface Ranks {
  /** The number of this process: 0 ... size - 1. */
  readonly rank: number;
  /** The number of processes. */
  readonly size: number;
  /** The name of the machine that this process runs on. */
  readonly host: string;

  /**
   * Concatenates the values of all ranks.
   *
   * @param values [n], the same n on every rank.
   * @returns [size · n], in the order of ranks.
   * @throws {RanksError} when the exchange fails.
   */
  allGather<T extends Exchanged>(values: T): Promise<T>;

  /**
   * Sums over ranks with {@link TreeSum}: every rank receives the same bits, whatever the MPI library and the timing.
   *
   * @param values [n], the same n on every rank; overwritten.
   * @returns `values`, which now holds the sum.
   * @throws {RanksError} when the exchange fails.
   */
  allSum(values: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;

  /** Waits until all ranks have come to this call. */
  barrier(): Promise<void>;

  /** Ends the processes of all ranks at once, this one included, with an exit code. */
  abort(code: number): never;

  /** Leaves the job, when all ranks have come to this call. Every rank calls it last, once, and then exits. */
  finish(): Promise<void>;
}

/** A job of one process, which exchanges nothing. */
export const ALONE: Ranks = {
  rank: 0,
  size: 1,
  host: "localhost",
  allGather: (values) => Promise.resolve(values.slice() as typeof values),
  allSum: (values) => Promise.resolve(values),
  barrier: () => Promise.resolve(),
  abort: (code) => Deno.exit(code),
  finish: () => Promise.resolve(),
};

/** Whether it is so on any rank: all ranks get the same answer. */
export async function onAnyRank(ranks: Ranks, here: boolean): Promise<boolean> {
  if (ranks.size === 1) return here;
  return (await ranks.allGather(Uint8Array.of(here ? 1 : 0))).includes(1);
}

/** Does work on rank 0 first and then on all others, which so find what it has left on a disk that they share. */
export async function rankZeroFirst<T>(ranks: Ranks, work: () => Promise<T>): Promise<T> {
  if (ranks.rank > 0) await ranks.barrier();
  const result = await work();
  if (ranks.rank === 0) await ranks.barrier();
  return result;
}
