/** The check that all ranks hold the same before they work together. */
import { RanksError } from "./errors.ts";
import type { Ranks } from "./ranks.ts";

const DIGEST_BYTES = 32;

const digest = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

/**
 * Compares what all ranks hold: they exchange a digest of each text.
 *
 * @param held texts by the names that messages give them, such as "the data" or "--margin", as many on every rank. For
 *   something large, its hash.
 * @throws {RanksError} on every rank, when they differ: which ranks, and in what.
 */
export async function sameOnAllRanks(ranks: Ranks, held: Readonly<Record<string, string>>): Promise<void> {
  const names = Object.keys(held);
  const digests = await Promise.all(names.map((name) => digest(`${name}=${held[name]}`)));
  const own = Uint8Array.from(digests.flatMap((bytes) => [...bytes]));
  const all = await ranks.allGather(own);
  const differing = (rank: number) =>
    names.filter((_, i) => {
      const at = i * DIGEST_BYTES, offset = rank * own.length;
      return all.subarray(at, at + DIGEST_BYTES).some((byte, b) => byte !== all[offset + at + b]);
    });
  const others = Array.from({ length: ranks.size }, (_, rank) => ({ rank, what: differing(rank).join(", ") }))
    .filter(({ what }) => what !== "");
  if (others.length === 0) return;
  const groups = Map.groupBy(others, ({ what }) => what);
  const list = [...groups].map(([what, members]) =>
    `rank ${members.map(({ rank }) => rank).join(", ")}: ${what}`
  );
  throw new RanksError(
    `Ranks differ from rank 0: ${list.join("; ")}. All must be started with the same, on every machine.`,
  );
}
