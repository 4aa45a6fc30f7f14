/** A process of a job, which the tests start with mpirun: `job.ts TASK`. Rank 0 prints what the task found. */
import assert from "node:assert/strict";
import { onRanks } from "../../cli/on_ranks.ts";
import { runCommand } from "../../cli/command.ts";
import { gatherValues, openRanks, type Ranks, RanksError, sameOnAllRanks, treeSum } from "../../ranks/mod.ts";
import { drawFloats, sameBits } from "./floats.ts";

/** Lengths that divide by no number of ranks, that are shorter than it, 0, 1, and once that of a network's gradients. */
const lengths = (size: number) => [0, 1, 2, 3, 5, 1021, size === 2 ? 2_236_683 : 50_021];

/** A rank's values: drawn ones, which repeat. */
function valuesOf(rank: number, n: number): Float32Array {
  const drawn = drawFloats(Math.min(n, 4093), 17 * n + rank);
  const values = new Float32Array(n);
  for (let from = 0; from < n; from += drawn.length) values.set(drawn.subarray(0, n - from), from);
  return values;
}

/** Gathers and sums, against what every rank can compute alone. */
async function gatherAndSum(ranks: Ranks, lengths: readonly number[]): Promise<void> {
  const { rank, size } = ranks;
  for (const n of lengths) {
    const all = Array.from({ length: size }, (_, r) => valuesOf(r, n));
    const own = all[rank]!.slice();
    const gathered = await ranks.allGather(own);
    all.forEach((part, r) => sameBits(gathered.subarray(r * n, (r + 1) * n), part, `gathered ${n}`));
    const sum = await ranks.allSum(own);
    assert.equal(sum, own);
    sameBits(sum, treeSum(all), `sum of ${n}`);
  }
}

const tasks: Record<string, (ranks: Ranks) => Promise<void> | void> = {
  /** All that ranks exchange. */
  async exchange(ranks) {
    const { rank, size } = ranks;
    const everybody = <T>(of: (rank: number) => T) => Array.from({ length: size }, (_, r) => of(r));
    await gatherAndSum(ranks, lengths(size));
    const words = await ranks.allGather(Uint32Array.of(2 ** 32 - 1 - rank, rank));
    assert.deepEqual(words, Uint32Array.from(everybody((r) => [2 ** 32 - 1 - r, r]).flat()));
    const bytes = await ranks.allGather(new Uint8Array([9, 9, rank, 250, 9]).subarray(2, 4));
    assert.deepEqual(bytes, Uint8Array.from(everybody((r) => [r, 250]).flat()));
    assert.deepEqual(await gatherValues(ranks, "ä".repeat(rank)), everybody((r) => "ä".repeat(r)));
    // Calls that overlap run in their order, and the event loop goes on.
    let ticks = 0;
    const clock = setInterval(() => ticks++, 1);
    if (rank === size - 1) await new Promise((resolve) => setTimeout(resolve, 200)); // A busy machine ticks slowly.
    const [, second, third] = await Promise.all([
      ranks.barrier(),
      ranks.allSum(Float32Array.of(rank, 1)),
      ranks.allGather(Uint8Array.of(rank)),
    ]);
    clearInterval(clock);
    assert.deepEqual(second, Float32Array.of(size * (size - 1) / 2, size));
    assert.deepEqual(third, Uint8Array.from(everybody((r) => r)));
    assert.ok(size === 1 || rank === size - 1 || ticks >= 10, `${ticks} ticks`);
    await sameOnAllRanks(ranks, { options: "a", data: "b" });
    console.log(`rank ${rank} of ${size} exchanged`);
  },

  /** The last rank ends in the way that is named, while the others wait for it. */
  async throws(ranks) {
    if (isLast(ranks)) throw new RanksError("The last rank gave up.");
    await ranks.barrier();
  },
  async rejects(ranks) {
    if (isLast(ranks)) setTimeout(() => Promise.reject(new RanksError("Nobody waited for this.")), 10);
    await workForever(ranks);
  },
  async bug(ranks) {
    if (isLast(ranks)) setTimeout(() => (undefined as unknown as Ranks).finish(), 10);
    await workForever(ranks);
  },
  async killed(ranks) {
    if (isLast(ranks)) setTimeout(() => Deno.kill(Deno.pid, "SIGKILL"), 10);
    await workForever(ranks);
  },

  async orphaned(ranks) {
    if (isLast(ranks)) setTimeout(() => Deno.kill(Deno.ppid, "SIGKILL"), 10);
    await workForever(ranks);
  },

  /** Ranks that do not do or hold the same. */
  async mismatch(ranks) {
    await (isLast(ranks) ? ranks.barrier() : ranks.allSum(new Float32Array(3)));
  },
  async differ(ranks) {
    const { rank } = ranks;
    await sameOnAllRanks(ranks, { "--margin": `${rank % 2}`, data: `${rank}`, weights: "same" });
  },
};

const isLast = ({ rank, size }: Ranks) => rank === size - 1;

async function workForever(ranks: Ranks): Promise<void> {
  const values = new Float32Array(1e6);
  for (;;) await ranks.allSum(values);
}

/** In pieces of 12 bytes, some of which hold fewer numbers than there are ranks. */
async function pieces(): Promise<number> {
  const ranks = openRanks({ distributed: "auto", pieceBytes: 12 });
  await gatherAndSum(ranks, [0, 1, 3, 100]);
  await ranks.finish();
  return 0;
}

Deno.exit(
  await runCommand(async ([task]) => {
    if (task === "pieces") return await pieces();
    return await onRanks("auto", async (ranks) => {
      await tasks[task!]!(ranks);
      return 0;
    });
  }, Deno.args),
);
