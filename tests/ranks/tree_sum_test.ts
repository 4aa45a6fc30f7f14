import assert from "node:assert/strict";
import { ALONE, TreeSum, treeSum } from "../../ranks/mod.ts";
import { drawFloats, sameBits } from "./floats.ts";

/** The tree as it is defined: the first 2^m arrays, plus the others. */
function literal(parts: readonly number[]): number {
  if (parts.length === 1) return parts[0]!;
  let half = 1;
  while (2 * half < parts.length) half *= 2;
  return Math.fround(literal(parts.slice(0, half)) + literal(parts.slice(half)));
}

Deno.test("The tree adds in f32 in the order that it is defined by, denormals and -0 included", () => {
  for (let count = 1; count <= 17; count++) {
    const parts = Array.from({ length: count }, (_, i) => drawFloats(200, 100 * count + i));
    const before = parts.map((part) => part.slice());
    const expected = Float32Array.from({ length: 200 }, (_, i) => literal(parts.map((part) => part[i]!)));
    sameBits(treeSum(parts), expected, `${count} arrays`);
    parts.forEach((part, i) => sameBits(part, before[i]!, "the arrays are not changed"));
  }
});

Deno.test("The order matters to the bits that are compared", () => {
  const parts = Array.from({ length: 8 }, (_, i) => drawFloats(200, i));
  const inARow = parts.reduce((left, right) => left.map((value, i) => value + right[i]!));
  assert.throws(() => sameBits(treeSum(parts), inARow, ""));
});

Deno.test("Blocks of a power of two are subtrees, for any number of blocks", () => {
  for (const block of [1, 2, 4, 8]) {
    for (let blocks = 1; blocks <= 7; blocks++) {
      const parts = Array.from({ length: block * blocks }, (_, i) => drawFloats(50, i));
      const sums = Array.from({ length: blocks }, (_, i) => treeSum(parts.slice(i * block, (i + 1) * block)));
      sameBits(treeSum(sums), treeSum(parts), `${blocks} blocks of ${block}`);
    }
  }
});

Deno.test("A sum begins again after its total, and refuses none and other lengths", () => {
  const sum = new TreeSum();
  for (let turn = 0; turn < 3; turn++) {
    for (const value of [1, 2, 3]) sum.add(Float32Array.of(value));
    assert.deepEqual(sum.total(), Float32Array.of(6));
  }
  assert.throws(() => sum.total(), /no arrays/);
  assert.throws(() => treeSum([new Float32Array(2), new Float32Array(3)]), /2 and 3 elements/);
});

Deno.test("One process has what it brings", async () => {
  const values = drawFloats(10, 1);
  const gathered = await ALONE.allGather(values);
  sameBits(gathered, values, "gathered");
  assert.notEqual(gathered, values);
  const sum = Float32Array.from(values);
  assert.equal(await ALONE.allSum(sum), sum);
  await ALONE.barrier();
  await ALONE.finish();
});
