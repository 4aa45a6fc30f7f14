import assert from "node:assert/strict";
import {
  assignSlots,
  type Lifetime,
  liveSteps,
  type PlannedStep,
  type Slot,
} from "../../engine/plan/plan.ts";
import { seededRandom } from "../reference/seeded_random.ts";

const step = (reads: number[], writes: number[], effect = false): PlannedStep => ({ reads, writes, effect });

function lifetime(value: number, size: number, first: number, last: number, pool = "buffer"): Lifetime {
  return { value, size, first, last, pool };
}

/** Random lifetimes over 20 steps in two pools. */
function drawLifetimes(seed: number): Lifetime[] {
  const random = seededRandom(seed);
  return Array.from({ length: 1 + random.integer(40) }, (_, value) => {
    const first = random.integer(20);
    const last = first + random.integer(20 - first);
    return lifetime(
      value,
      16 * (1 + random.integer(50)),
      first,
      last,
      random.uniform() < 0.5 ? "texture" : "buffer",
    );
  });
}

/** The most bytes of a pool that are alive at one step: no plan can do with less. */
function mostAlive(lifetimes: readonly Lifetime[], pool: string): number {
  const alive = (step: number) =>
    lifetimes.filter((l) => l.pool === pool && l.first <= step && step <= l.last).reduce(
      (sum, l) => sum + l.size,
      0,
    );
  return Math.max(...Array.from({ length: 20 }, (_, step) => alive(step)));
}

const bytes = (slots: readonly Slot[], pool: string) =>
  slots.filter((slot) => slot.pool === pool).reduce((sum, slot) => sum + slot.size, 0);

Deno.test("liveSteps() keeps what an output depends on, in order, and drops the rest", () => {
  const steps = [step([0], [1]), step([0], [2]), step([1], [3]), step([2], [4])];
  assert.deepEqual(liveSteps(steps, [3]), [0, 2]);
  assert.deepEqual(liveSteps(steps, [4, 3]), [0, 1, 2, 3]);
  assert.deepEqual(liveSteps(steps, []), []);
});

Deno.test("liveSteps() keeps steps with an effect, and what they read", () => {
  const steps = [step([0], [1]), step([1], [2], true), step([2], [3])];
  assert.deepEqual(liveSteps(steps, []), [0, 1]);
});

Deno.test("liveSteps() keeps a step of which only one result is wanted", () => {
  assert.deepEqual(liveSteps([step([], [1, 2]), step([2], [3])], [3]), [0, 1]);
});

Deno.test("assignSlots() gives values that follow one another the same memory", () => {
  const slots = assignSlots([lifetime(0, 64, 0, 1), lifetime(1, 32, 2, 3), lifetime(2, 48, 4, 4)]);
  assert.deepEqual(slots.map(({ size, values }) => ({ size, values })), [{ size: 64, values: [0, 2, 1] }]);
});

Deno.test("assignSlots() keeps apart a value that a step reads and one that it writes", () => {
  assert.equal(assignSlots([lifetime(0, 16, 0, 1), lifetime(1, 16, 1, 2)]).length, 2);
});

Deno.test("assignSlots() never lets two values that are alive together share, nor values of two pools", () => {
  for (let seed = 0; seed < 300; seed++) {
    const lifetimes = drawLifetimes(seed);
    for (const { values, pool } of assignSlots(lifetimes)) {
      const residents = values.map((value) => lifetimes[value]).sort((a, b) => a.first - b.first);
      residents.forEach((value, i) => {
        assert.equal(value.pool, pool);
        if (i > 0) assert.ok(residents[i - 1].last < value.first, `seed ${seed}`);
      });
    }
  }
});

Deno.test("assignSlots() gives every value one slot, as large as the largest value in it", () => {
  for (let seed = 0; seed < 300; seed++) {
    const lifetimes = drawLifetimes(seed);
    const slots = assignSlots(lifetimes);
    const placed = slots.flatMap((slot) => slot.values).toSorted((a, b) => a - b);
    assert.deepEqual(placed, lifetimes.map((l) => l.value));
    for (const { size, values } of slots) {
      assert.equal(size, Math.max(...values.map((value) => lifetimes[value].size)), `seed ${seed}`);
    }
  }
});

Deno.test("assignSlots() needs at least the most that is alive at once, and on average little more", () => {
  let [needed, used] = [0, 0];
  for (let seed = 0; seed < 300; seed++) {
    const lifetimes = drawLifetimes(seed);
    const slots = assignSlots(lifetimes);
    for (const pool of ["texture", "buffer"]) {
      const [least, taken] = [mostAlive(lifetimes, pool), bytes(slots, pool)];
      assert.ok(taken >= least, `seed ${seed}`);
      assert.ok(
        taken <= lifetimes.reduce((sum, l) => sum + (l.pool === pool ? l.size : 0), 0),
        `seed ${seed}`,
      );
      needed += least;
      used += taken;
    }
  }
  assert.ok(used < 1.2 * needed, `${used / needed}`);
});

Deno.test("assignSlots() plans the same way every time, whatever order values are given in", () => {
  const lifetimes = drawLifetimes(7);
  assert.deepEqual(assignSlots(lifetimes.toReversed()), assignSlots(lifetimes));
});
