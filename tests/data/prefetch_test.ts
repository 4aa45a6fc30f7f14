import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { prefetch } from "../../data/prefetch.ts";

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

Deno.test("prefetch() yields in order what prepare() makes, one item at a time", async () => {
  let busy = 0;
  const seen: number[] = [];
  const prepare = async (item: number) => {
    assert.equal(++busy, 1);
    for (let turn = 0; turn < 7 - item; turn++) await setImmediate(); // Later ones are faster.
    busy--;
    return 10 * item;
  };
  for await (const result of prefetch([1, 2, 3, 4, 5], 2, prepare)) seen.push(result);
  assert.deepEqual(seen, [10, 20, 30, 40, 50]);
  assert.deepEqual(await Array.fromAsync(prefetch([], 2, prepare)), []);
});

Deno.test("prefetch() prepares the next two while one is in use, and no more", async () => {
  const prepared: number[] = [];
  const loop = prefetch([1, 2, 3, 4, 5, 6], 2, (item) => prepared.push(item));
  for (const expected of [[1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]]) {
    await loop.next();
    await settle();
    assert.deepEqual(prepared, expected);
  }
  await loop.return();
});

Deno.test("prefetch() throws an error in the place of its item and prepares nothing after it", async () => {
  const prepared: number[] = [];
  const broken = new Error("broken");
  const seen: number[] = [];
  await assert.rejects(
    async () => {
      const loop = prefetch([1, 2, 3, 4, 5], 2, (item) => {
        prepared.push(item);
        if (item === 3) throw broken;
        return item;
      });
      for await (const result of loop) {
        await settle(); // The error is there long before its turn.
        seen.push(result);
      }
    },
    (error) => error === broken,
  );
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(prepared, [1, 2, 3]);
});

Deno.test("prefetch() passes on an error of the items themselves", async () => {
  const items = function* () {
    yield 1;
    throw new Error("no more");
  };
  await assert.rejects(Array.fromAsync(prefetch(items(), 2, (item) => item)), /no more/);
});

for (const [how, leave] of [["break", "break"], ["an error", "throw"]]) {
  Deno.test(`prefetch(), left by ${how}, ends what is under way first and begins nothing more`, async () => {
    let closed = false, items = 0, released = false, late = 0;
    const source = function* () {
      try {
        for (;;) yield ++items;
      } finally {
        released = true;
      }
    };
    const prepare = async (item: number) => {
      for (let turn = 0; turn < 5; turn++) {
        await setImmediate();
        if (closed) late++;
      }
      return item;
    };
    try {
      for await (const item of prefetch(source(), 2, prepare)) {
        if (item < 2) continue;
        await setImmediate();
        await setImmediate();
        if (leave === "break") break;
        throw new Error("stop");
      }
    } catch (error) {
      assert.equal((error as Error).message, "stop");
    }
    closed = true;
    await settle();
    assert.equal(items, 3, "the third was under way, the fourth had not begun");
    assert.equal(late, 0);
    assert.ok(released);
  });
}
