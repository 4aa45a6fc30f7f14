/** The exact scan on the GPU against a brute force in f64. */
import assert from "node:assert/strict";
import { Device, f32, gramDistance, Program } from "../../engine/mod.ts";
import { distanceError, squaredDistance, squaredLength } from "../../search/exact_distance.ts";
import { MOST_TOP, openScan, scanOnce, type ScanOptions } from "../../search/scan.ts";
import { vectorBlocks } from "../../search/vector_blocks.ts";
import { type SeededRandom, seededRandom } from "../reference/seeded_random.ts";
import { bruteForce, type Drawn, pagesOf } from "./drawn_vectors.ts";

function draw(count: number, size: number, next: (i: number) => number): Drawn {
  return { values: Float32Array.from({ length: count * size }, (_, i) => next(i)), size };
}

/** Searches both ways, and compares with the brute force. @returns how often f32 left the nearest open. */
async function assertExact(
  device: Device,
  gallery: Drawn,
  queries: Drawn,
  options: ScanOptions,
  rows: number,
): Promise<number> {
  const { size, top } = options;
  const expected = Array.from(
    { length: queries.values.length / size },
    (_, q) => bruteForce(gallery, queries.values.subarray(q * size, (q + 1) * size), top),
  );
  assert.deepEqual(await scanOnce(device, pagesOf(gallery), queries.values, options), expected);
  const scan = await openScan(device, pagesOf(gallery), options, rows);
  try {
    assert.equal(scan.count, gallery.values.length / size);
    assert.deepEqual(await scan.search(queries.values), expected);
    assert.deepEqual(await scan.search(queries.values.subarray(0, size)), expected.slice(0, 1));
    return scan.undecided;
  } finally {
    scan.destroy();
  }
}

async function onDevice(body: (device: Device) => Promise<void>): Promise<void> {
  const device = await Device.open({ limits: "default" });
  await body(device).finally(() => device.destroy());
}

Deno.test("the scan finds what a brute force in f64 finds, for many shapes", () =>
  onDevice(async (device) => {
    const shapes = [
      // gallery, queries, size, top, columns of a block, queries at a time
      [1, 1, 1, 1, 4, 1],
      [5, 2, 3, 10, 4, 4],
      [203, 3, 13, 7, 100, 2],
      [1000, 9, 64, 10, 256, 4],
      [700, 3, 130, 200, 300, 8],
    ];
    for (const [seed, [count, queries, size, top, columns, rows]] of shapes.entries()) {
      const random = seededRandom(seed + 1);
      const gallery = draw(count, size, () => random.uniform() - 0.5);
      const wanted = draw(queries, size, () => random.uniform() - 0.5);
      const undecided = await assertExact(device, gallery, wanted, { size, top, columns }, rows);
      assert.equal(undecided, 0, "f32 tells such vectors apart");
    }
  }));

/** Vectors that are all the same but for a little noise, which inner products in f32 hardly see. */
function nearlyEqual(random: SeededRandom, count: number, size: number, noise: number): Drawn {
  return draw(count, size, (i) => Math.cos(i % size) + noise * (random.uniform() - 0.5));
}

Deno.test("where f32 cannot tell the distances apart, the scan still finds what f64 finds", () =>
  onDevice(async (device) => {
    for (const noise of [1e-6, 1e-4, 1e-3, 4e-3]) {
      const random = seededRandom(7);
      const gallery = nearlyEqual(random, 500, 32, noise);
      const queries = nearlyEqual(random, 4, 32, noise);
      const undecided = await assertExact(device, gallery, queries, { size: 32, top: 10, columns: 200 }, 4);
      assert.ok(undecided > 0, "this was to be a case that f32 cannot decide");
    }
  }));

Deno.test("distances in f32 are as near to those in f64 as is promised, and the promise is not idle", () =>
  onDevice(async (device) => {
    const [m, n, size] = [5, 60, 96];
    const random = seededRandom(11);
    // Around how far from 0, and sizes of queries and of vectors: squares of the last are flushed to 0.
    for (
      const [offset, p, q] of [[0, 1, 1], [1, 1, 1], [30, 1, 1], [0, 1e-6, 1], [0, 1, 1e-6], [
        0,
        1e-22,
        1e-22,
      ]]
    ) {
      const a = draw(m, size, () => p * (offset + random.uniform() - 0.5)).values;
      const b = draw(n, size, () => q * (offset + random.uniform() - 0.5)).values;
      const program = await Program.record(
        device,
        { a: f32([m, size]), b: f32([n, size]) },
        ({ a, b }) => ({ y: gramDistance(a, b, "squared") }),
      );
      const { y } = await program.run({ a, b });
      program.destroy();
      let largest = 0;
      for (let i = 0; i < m * n; i++) {
        const [p, q] = [Math.floor(i / n) * size, i % n * size];
        const lengths = [squaredLength(a, p, size), squaredLength(b, q, size)].map(Math.sqrt);
        const error = Math.abs(y[i] - squaredDistance(a, p, b, q, size));
        largest = Math.max(largest, error / distanceError(size, lengths[0], lengths[1]));
      }
      assert.ok(largest <= 1 && (p * q < 1 || largest > 1e-5), `${largest} of what is promised`);
    }
  }));

Deno.test("a block knows its longest vector and the squared lengths of all, and where it begins", async () => {
  const stream = pagesOf({ values: Float32Array.of(3, 4, 0, 1, 2, 0, 1, 0, 6, 8, 0, 0), size: 2 });
  const blocks = await Array.fromAsync(vectorBlocks(stream, 2, 4));
  assert.deepEqual(blocks.map(({ longest, first, ids }) => [longest, first, ids.length]), [[5, 0, 4], [
    10,
    4,
    2,
  ]]);
  assert.deepEqual(blocks.map(({ lengths, ids }) => [...lengths.subarray(0, ids.length)]), [[25, 1, 4, 1], [
    100,
    0,
  ]]);
});

Deno.test("of equal distances the first of the stream is nearest, across blocks and beyond the candidates", () =>
  onDevice(async (device) => {
    const random = seededRandom(3);
    const few = draw(6, 8, () => random.integer(3) - 1);
    const gallery = draw(300, 8, (i) => few.values[i % few.values.length]);
    for (const top of [1, 10, 60]) {
      await assertExact(device, gallery, few, { size: 8, top, columns: 64 }, 6);
    }
  }));

Deno.test("an empty gallery has no nearest; what is not finite, or does not fit, is refused", () =>
  onDevice(async (device) => {
    const options = { size: 4, top: 2 };
    const gallery = draw(3, 4, (i) => i);
    const query = Float32Array.of(0, 0, 0, 0);
    const empty = await openScan(device, pagesOf(draw(0, 4, () => 0)), options, 1);
    assert.deepEqual(await empty.search(query), [[]]);
    assert.deepEqual(await scanOnce(device, pagesOf(gallery), new Float32Array(0), options), []);

    const refused = (vectors: Drawn, queries: Float32Array, changes: Partial<ScanOptions>, message: RegExp) =>
      assert.rejects(() => scanOnce(device, pagesOf(vectors), queries, { ...options, ...changes }), message);
    await refused(gallery, query, { top: 0 }, /1 to \d+ vectors; got 0/);
    await refused(gallery, query, { top: MOST_TOP + 1 }, /vectors/);
    await refused(gallery, query.subarray(1), {}, /Queries of 4 numbers each cannot have 3/);
    await refused(gallery, Float32Array.of(0, NaN, 0, 0), {}, /Query 0 holds numbers that are not finite/);
    await refused({ values: gallery.values, size: 3 }, query, {}, /vectors of 4 numbers need/);
    await refused(
      draw(3, 4, (i) => i === 9 ? Infinity : 1),
      query,
      {},
      /vector of image 2 holds numbers that are not/,
    );
    await refused(draw(3, 4, () => 2 ** 60), query, {}, /image 0 has length .*too long/);
  }));
