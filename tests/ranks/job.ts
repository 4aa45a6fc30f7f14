/** A process of a job, which the tests start with mpirun: `job.ts TASK`. Rank 0 prints what the task found. */
import assert from "node:assert/strict";
import { onRanks } from "../../cli/on_ranks.ts";
import { runCommand } from "../../cli/command.ts";
import { gatherValues, type Ranks, RanksError, sameOnAllRanks, treeSum } from "../../ranks/mod.ts";
import { drawFloats, sameBits } from "./floats.ts";

/** Lengths that divide by no number of ranks, that are shorter than it, 0, 1, and that of the network's gradients. */
const LENGTHS = [0, 1, 2, 3, 5, 1021, 2_236_682];

const tasks: Record<string, (ranks: Ranks) => Promise<void> | void> = {
  /** All that ranks exchange, against what every rank can compute alone. */
  async exchange(ranks) {
    const { rank, size } = ranks;
    const everybody = <T>(of: (rank: number) => T) => Array.from({ length: size }, (_, r) => of(r));
    for (const n of LENGTHS) {
      const drawn = everybody((r) => drawFloats(n, 17 * n + r));
      const own = drawn[rank]!.slice();
      const gathered = await ranks.allGather(own);
      drawn.forEach((part, r) => sameBits(gathered.subarray(r * n, (r + 1) * n), part, `gathered ${n}`));
      const sum = await ranks.allSum(own);
      assert.equal(sum, own);
      sameBits(sum, treeSum(drawn), `sum of ${n}`);
    }
    const words = await ranks.allGather(Uint32Array.of(2 ** 32 - 1 - rank, rank));
    assert.deepEqual(words, Uint32Array.from(everybody((r) => [2 ** 32 - 1 - r, r]).flat()));
    const bytes = await ranks.allGather(new Uint8Array([9, 9, rank, 250, 9]).subarray(2, 4));
    assert.deepEqual(bytes, Uint8Array.from(everybody((r) => [r, 250]).flat()));
    assert.deepEqual(await gatherValues(ranks, "ä".repeat(rank)), everybody((r) => "ä".repeat(r)));
    // Calls that overlap run in their order, and the event loop goes on.
    let ticks = 0;
    const clock = setInterval(() => ticks++, 1);
    if (rank === size - 1) await new Promise((resolve) => setTimeout(resolve, 50));
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
  async forever(ranks) {
    await workForever(ranks);
  },
  async killed(ranks) {
    if (isLast(ranks)) setTimeout(() => Deno.kill(Deno.pid, "SIGKILL"), 10);
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

Deno.exit(
  await runCommand(
    async ([task]) => await onRanks("auto", async (ranks) => (await tasks[task!]!(ranks), 0)),
    Deno.args,
  ),
);
