import assert from "node:assert/strict";
import { seededRandom } from "../../reference/seeded_random.ts";
import { grows, slopeOf } from "./slope.ts";

Deno.test("a slope and its error are those of the line through the points", () => {
  assert.deepEqual(slopeOf([0, 1, 2, 3], [5, 7, 9, 11]), { slope: 2, error: 0 });
  const { slope, error } = slopeOf([1, 2, 3, 4, 5], [2, 4, 5, 4, 5]);
  assert.ok(Math.abs(slope - 0.6) < 1e-12 && Math.abs(error - Math.sqrt(0.08)) < 1e-12);
});

Deno.test("noise does not grow, and a leak beneath noise does", () => {
  const random = seededRandom(1);
  const x = Array.from({ length: 160 }, (_, i) => i);
  const noise = x.map(() => 50 * random.normal());
  assert.ok(!grows(slopeOf(x, noise), 0.5));
  assert.ok(grows(slopeOf(x, noise.map((value, i) => value + 2 * i)), 0.5));
});
