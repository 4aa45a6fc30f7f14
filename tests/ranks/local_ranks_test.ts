import assert from "node:assert/strict";
import { ALONE, gatherValues, treeSum } from "../../ranks/mod.ts";
import { drawFloats, sameBits } from "./floats.ts";
import { onLocalRanks } from "./local_ranks.ts";

Deno.test("Ranks of one process exchange as those of a job do, and notice calls that differ", async () => {
  const floats = Array.from({ length: 3 }, (_, rank) => drawFloats(50, rank));
  await onLocalRanks(3, async (ranks) => {
    const { rank } = ranks;
    sameBits(await ranks.allSum(floats[rank]!.slice()), treeSum(floats), "sum");
    await ranks.barrier();
    const bytes = await ranks.allGather(Uint8Array.of(9, rank, rank + 1).subarray(1));
    assert.deepEqual(bytes, Uint8Array.of(0, 1, 1, 2, 2, 3));
  });
  const odd = onLocalRanks(2, async (ranks) => void await ranks.allGather(new Uint8Array(1 + ranks.rank)));
  await assert.rejects(odd, /with 2 values, another allGather with 1/);
  const other = onLocalRanks(2, async (ranks) => {
    if (ranks.rank === 0) await ranks.barrier();
    else await ranks.allSum(new Float32Array(0));
  });
  await assert.rejects(other, /Rank 1 calls allSum .* another barrier/);
});

Deno.test("gatherValues() brings values of any size and kind, to the bit", async () => {
  const of = (rank: number) => ({
    text: "ä人".repeat(rank),
    numbers: [-0, Infinity, NaN, 0.1 + rank, 2 ** 53 - 1],
    floats: drawFloats(3 + 5 * rank, rank),
    none: undefined,
    lists: Array.from({ length: rank }, (_, i) => Int32Array.of(-i)),
  });
  const expected = [0, 1, 2, 3].map(of);
  for (const found of await onLocalRanks(4, (ranks) => gatherValues(ranks, of(ranks.rank)))) {
    assert.deepEqual(found, expected);
    found.forEach(({ floats }, rank) => sameBits(floats, expected[rank]!.floats, `rank ${rank}`));
  }
  assert.deepEqual(await gatherValues(ALONE, "alone"), ["alone"]);
});
