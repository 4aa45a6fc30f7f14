/** How pairs of near duplicates become groups. */
import assert from "node:assert/strict";
import { nearGroups } from "../../inspect/duplicates.ts";

const pair = (first: number, second: number, levels = 1) => ({ first, second, levels });

Deno.test("an image belongs to the nearest that is kept, and a row of images is not one group", () => {
  assert.deepEqual(nearGroups([]), []);
  assert.deepEqual(nearGroups([pair(2, 5, 3)]), [{ kept: 2, others: [{ image: 5, levels: 3 }] }]);
  // 1 is near 0, 2 is near 1 only: 1 is not kept, so 2 is.
  assert.deepEqual(nearGroups([pair(0, 1), pair(1, 2), pair(2, 3)]), [
    { kept: 0, others: [{ image: 1, levels: 1 }] },
    { kept: 2, others: [{ image: 3, levels: 1 }] },
  ]);
  // 4 is near 0 and 2, which are both kept.
  assert.deepEqual(nearGroups([pair(0, 4, 2), pair(2, 4, 1), pair(0, 3)]), [
    { kept: 0, others: [{ image: 3, levels: 1 }] },
    { kept: 2, others: [{ image: 4, levels: 1 }] },
  ]);
});
