import assert from "node:assert/strict";
import {
  backward,
  constant,
  crossDistance,
  type Device,
  f32,
  gramDistance,
  l2Normalize,
  mul,
  pairwiseDistance,
  Program,
  ShapeError,
  sum,
} from "../../engine/mod.ts";
import { METRICS } from "../../kernels/mod.ts";
import {
  crossDistance as crossReference,
  pairwiseDistance as pairwiseReference,
} from "../reference/distance.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { gradients, leaf } from "../reference/tape.ts";
import { assertClose, onBothStorages } from "./run_loss.ts";

function randomRows(seed: number, count: number, width: number, length?: number): Float32Array {
  const random = seededRandom(seed);
  const rows = Float32Array.from({ length: count * width }, () => random.normal());
  if (length === undefined) return rows;
  return rows.map((value, i) => {
    const row = rows.subarray(i - i % width, i - i % width + width);
    return length * value / Math.hypot(...row);
  });
}

async function gram(
  device: Device,
  [m, n, d]: readonly [number, number, number],
  a: Float32Array,
  b: Float32Array,
  metric: typeof METRICS[number],
): Promise<Float32Array> {
  const program = await Program.record(device, { a: f32([m, d]), b: f32([n, d]) }, ({ a, b }) => ({
    y: gramDistance(a, b, metric),
  }));
  try {
    return (await program.run({ a, b })).y;
  } finally {
    program.destroy();
  }
}

onBothStorages((test) => {
  test("gramDistance() equals the f64 reference on blocks of any size", async (device) => {
    for (const [m, n, d] of [[1, 1, 1], [9, 17, 5], [8, 8, 4], [33, 70, 130], [3, 2, 1280]] as const) {
      for (const metric of METRICS) {
        const length = metric === "angular" ? undefined : 1; // Angles do not depend on it.
        const [a, b] = [randomRows(m, m, d, length), randomRows(n + 50, n, d, length)];
        const expected = crossReference(leaf([m, d], a), leaf([n, d], b), metric);
        const actual = await gram(device, [m, n, d], a, b, metric);
        // Angles of one-dimensional vectors are 0 or 2; Euclidean distances near 0 amplify the squares' rounding.
        actual.forEach((y, i) =>
          assert.ok(Math.abs(y - expected.data[i]) < 1e-5, `${metric} [${m}, ${n}, ${d}] ${y}`)
        );
      }
    }
  });

  test("gramDistance() of equal rows is exactly 0, and of a zero vector's angle 1", async (device) => {
    const rows = randomRows(8, 12, 37);
    const squared = await gram(device, [12, 12, 37], rows, rows, "squared");
    const euclidean = await gram(device, [12, 12, 37], rows, rows, "euclidean");
    for (let i = 0; i < 12; i++) assert.deepEqual([squared[13 * i], euclidean[13 * i]], [0, 0]);
    rows.fill(0, 0, 37);
    const angular = await gram(device, [12, 12, 37], rows, rows, "angular");
    assert.ok(angular.subarray(0, 12).every((y) => y === 1));
  });

  test("gramDistance() of nearly equal rows is no NaN, although rounding takes squares below 0", async (device) => {
    const rows = randomRows(9, 32, 61);
    const near = rows.map((value, i) => i % 2 === 0 ? value : Math.fround(value * (1 + 2 ** -23)));
    const squared = await gram(device, [32, 32, 61], rows, near, "squared");
    const euclidean = await gram(device, [32, 32, 61], rows, near, "euclidean");
    assert.ok(squared.every((y) => y >= 0), `${squared.find((y) => !(y >= 0))}`);
    for (let i = 0; i < 32; i++) assert.ok(euclidean[33 * i] < 0.01, `${euclidean[33 * i]}`);
  });

  test("pairwiseDistance() keeps small differences between long vectors, where inner products cancel", async (device) => {
    const rows = Float32Array.from([1000, 0, 1000, 2 ** -10, 1000, 2 ** -9]);
    const program = await Program.record(device, { x: f32([3, 2]) }, ({ x }) => ({
      y: pairwiseDistance(x, "euclidean"),
    }));
    const { y } = await program.run({ x: rows });
    program.destroy();
    assert.deepEqual([...y].map((v) => v * 2 ** 10), [0, 1, 2, 1, 0, 1, 2, 1, 0]);
  });

  test("distances of large batches and their gradients equal the f64 reference", async (device) => {
    const [m, n, d] = [133, 129, 131];
    const [a, b] = [randomRows(1, m, d), randomRows(2, n, d)];
    const [toAll, toOther] = [randomRows(3, m, m), randomRows(4, m, n)];
    for (const metric of METRICS) {
      const inputs = { a: f32([m, d], { differentiable: true }), b: f32([n, d], { differentiable: true }) };
      const program = await Program.record(device, inputs, ({ a, b }) => {
        const all = pairwiseDistance(a, metric);
        const other = crossDistance(a, b, metric);
        const one = backward(sum(mul(all, constant(toAll, [m, m]))));
        const two = backward(sum(mul(other, constant(toOther, [m, n]))));
        return { all, other, dAll: one.of(a)!, da: two.of(a)!, db: two.of(b)! };
      });
      const out = await program.run({ a, b });
      program.destroy();
      const [x, z] = [leaf([m, d], a), leaf([n, d], b)];
      const [all, other] = [pairwiseReference(x, metric), crossReference(x, z, metric)];
      assertClose(out.all, all.data, 1e-5);
      assertClose(out.other, other.data, 1e-5);
      assertClose(out.dAll, gradients(all, [x], toAll)[0], 1e-5);
      const [da, db] = gradients(other, [x, z], toOther);
      assertClose(out.da, da, 1e-5);
      assertClose(out.db, db, 1e-5);
    }
  });

  test("l2Normalize() takes more rows than one dimension of workgroups holds", async (device) => {
    const rows = 66_000;
    const program = await Program.record(
      device,
      { x: f32([rows, 3]) },
      ({ x }) => ({ y: l2Normalize(x, 1e-12) }),
    );
    const { y } = await program.run({
      x: Float32Array.from({ length: 3 * rows }, (_, i) => i % 3 === 0 ? i + 3 : 0),
    });
    program.destroy();
    assert.ok(y.every((value, i) => value === (i % 3 === 0 ? 1 : 0)));
  });

  test("distances refuse rows of different widths", async (device) => {
    const inputs = { a: f32([2, 3]), b: f32([2, 4]) };
    for (const op of [crossDistance, gramDistance]) {
      await assert.rejects(
        () => Program.record(device, inputs, ({ a, b }) => ({ y: op(a, b, "squared") })),
        ShapeError,
      );
    }
  });
});
