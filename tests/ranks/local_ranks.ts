/** Ranks of one process, for tests: each is used by an asynchronous function, and they wait for one another. */
import { type Exchanged, type Ranks, treeSum } from "../../ranks/mod.ts";

/** A call that some ranks have come to. */
interface Call {
  readonly name: string;
  /** By rank. */
  readonly brought: Exchanged[];
  readonly all: PromiseWithResolvers<void>;
}

/** The ranks of a job of `size`. They fail where they do not call the same in the same order, with as many values. */
export function localRanks(size: number): Ranks[] {
  const calls: Call[] = [];
  const ended = new Error("A rank has ended the job");
  const open = (rank: number): Ranks => {
    let next = 0;
    const meet = async (name: string, values: Exchanged): Promise<Exchanged[]> => {
      const call = calls[next] ??= { name, brought: [], all: Promise.withResolvers() };
      next++;
      const [other = values] = Object.values(call.brought);
      if (call.name !== name || other.length !== values.length) {
        const error = new Error(
          `Rank ${rank} calls ${name} with ${values.length} values, another ${call.name} with ${other.length}`,
        );
        call.all.reject(error);
        throw error;
      }
      call.brought[rank] = values.slice();
      if (Object.keys(call.brought).length === size) call.all.resolve();
      await call.all.promise;
      return call.brought;
    };
    return {
      rank,
      size,
      host: "localhost",
      async allGather<T extends Exchanged>(values: T): Promise<T> {
        const parts = await meet("allGather", values);
        const bytes = new Uint8Array(size * values.byteLength);
        parts.forEach((part, i) => {
          bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), i * values.byteLength);
        });
        return new (values.constructor as new (buffer: ArrayBuffer) => T)(bytes.buffer);
      },
      async allSum(values) {
        const parts = await meet("allSum", values);
        values.set(treeSum(parts.map((part) => Float32Array.from(part))));
        return values;
      },
      async barrier() {
        await meet("barrier", new Uint8Array(0));
      },
      abort() {
        for (const call of calls) call.all.reject(ended);
        throw ended;
      },
      finish: () => Promise.resolve(),
    };
  };
  return Array.from({ length: size }, (_, rank) => open(rank));
}

/** What a function gives on each rank of a job of `size`. The first failure ends the wait for the others. */
export function onLocalRanks<T>(size: number, work: (ranks: Ranks) => Promise<T>): Promise<T[]> {
  return Promise.all(localRanks(size).map(work));
}
