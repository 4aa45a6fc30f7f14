import assert from "node:assert/strict";
import { Random } from "../../engine/random.ts";

const draw = (random: Random, count = 20) => Array.from({ length: count }, () => random.uint32());

Deno.test("Random follows the reference sequence of xoshiro128**", () => {
  // The first outputs of the authors' C code for the state (1, 2, 3, 4).
  assert.deepEqual(draw(Random.from([1, 2, 3, 4]), 3), [11520, 0, 5927040]);
});

Deno.test("Random gives the same numbers for the same seed and others for another", () => {
  assert.deepEqual(draw(new Random(7)), draw(new Random(7)));
  assert.notDeepEqual(draw(new Random(7)), draw(new Random(8)));
  assert.notDeepEqual(draw(new Random(7)), draw(new Random(7 + 2 ** 32)));
});

Deno.test("Random.from() continues where state() was taken", () => {
  const random = new Random(3);
  draw(random);
  const copy = Random.from(random.state());
  assert.deepEqual(draw(copy), draw(random));
});

Deno.test("fork() depends on state and labels only, draws nothing and tells label order and count apart", () => {
  const root = new Random(5);
  const before = root.state();
  const first = draw(root.fork(1, 2));
  draw(root.fork(9));
  assert.deepEqual(draw(root.fork(1, 2)), first);
  assert.deepEqual(root.state(), before);
  assert.notDeepEqual(draw(root.fork(2, 1)), first);
  assert.notDeepEqual(draw(root.fork(1, 2, 0)), first);
  assert.notDeepEqual(draw(new Random(6).fork(1, 2)), first);
});

Deno.test("next(), integer(), normal() have the moments of their distributions", () => {
  const random = new Random(11);
  const count = 20_000;
  let sum = 0, normal = 0, squared = 0;
  const histogram = new Array(6).fill(0);
  for (let i = 0; i < count; i++) {
    const u = random.next();
    assert.ok(u >= 0 && u < 1);
    sum += u;
    histogram[random.integer(6)]++;
    const z = random.normal();
    normal += z;
    squared += z * z;
  }
  assert.ok(Math.abs(sum / count - 0.5) < 0.01);
  for (const seen of histogram) assert.ok(Math.abs(seen - count / 6) < 5 * Math.sqrt(count / 6));
  assert.ok(Math.abs(normal / count) < 0.03);
  assert.ok(Math.abs(squared / count - 1) < 0.05);
});

Deno.test("next() is below 1 and normal() finite for every 32 bits; integer() is unbiased where bits do not divide", () => {
  const [random, bits] = [new Random(12), new Random(12)];
  for (let i = 0; i < 100; i++) assert.equal(random.next(), bits.uint32() / 2 ** 32);
  // This state's next bits are all 0.
  assert.equal(Random.from([1, 0, 0, 1]).uint32(), 0);
  assert.ok(Number.isFinite(Random.from([1, 0, 0, 1]).normal()));
  // Of 2^32 values the last 2^30 would come out below 2^30 again.
  const bound = 3 * 2 ** 30;
  const low =
    Array.from({ length: 3000 }, () => random.integer(bound)).filter((value) => value < 2 ** 30).length;
  assert.ok(Math.abs(low - 1000) < 130, `${low} of 3000`);
});

Deno.test("shuffle() keeps the elements and reaches every order", () => {
  const random = new Random(1);
  const orders = new Set<string>();
  for (let i = 0; i < 300; i++) orders.add(random.shuffle([1, 2, 3]).join(""));
  assert.equal(orders.size, 6);
  assert.deepEqual(random.shuffle(Int32Array.from([4, 5, 6, 7])).toSorted(), Int32Array.from([4, 5, 6, 7]));
});

Deno.test("Random refuses seeds, ranges and states that are none", () => {
  assert.throws(() => new Random(0.5), RangeError);
  assert.throws(() => new Random(Number.NaN), RangeError);
  assert.throws(() => new Random(0).integer(0), RangeError);
  assert.throws(() => Random.from([0, 0, 0, 0]), RangeError);
  assert.throws(() => Random.from([1, 2, 3]), RangeError);
});
