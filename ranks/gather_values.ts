import { deserialize, serialize } from "node:v8";
import type { Ranks } from "./ranks.ts";

/**
 * A value of every rank, in the order of ranks: anything that `structuredClone` copies, of another size on every rank.
 *
 * @returns copies, of which this rank's may be the value itself.
 */
export async function gatherValues<T>(ranks: Ranks, value: T): Promise<T[]> {
  if (ranks.size === 1) return [value];
  const bytes = serialize(value);
  const lengths = await ranks.allGather(Uint32Array.of(bytes.length));
  const longest = Math.max(...lengths);
  const padded = new Uint8Array(longest);
  padded.set(bytes);
  const all = await ranks.allGather(padded);
  return Array.from(lengths, (length, rank): T => {
    return deserialize(all.subarray(rank * longest, rank * longest + length));
  });
}
