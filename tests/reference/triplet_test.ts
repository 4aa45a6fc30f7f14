import assert from "node:assert/strict";
import { pairwiseDistance } from "./distance.ts";
import { centralDifferences } from "./finite_differences.ts";
import type { Metric, TripletOptions } from "./ops.ts";
import { seededRandom } from "./seeded_random.ts";
import { semiHardOfAddons } from "./semi_hard_addons.ts";
import { clearanceOf, gradients, leaf, type RefTensor } from "./tape.ts";
import { basicTripletLoss, hardTripletLoss, semiHardTripletLoss } from "./triplet_loss.ts";
import { mineHard, mineSemiHard } from "./triplet_mining.ts";

type Loss = (embeddings: RefTensor, labels: number[], options: TripletOptions) => RefTensor;

const euclidean = (margin: number): TripletOptions => ({ metric: "euclidean", margin, softMargin: false });

/** Checks loss and gradient of embeddings on a line against numbers worked out on paper. */
function expectOnLine(
  loss: Loss,
  points: number[],
  labels: number[],
  options: TripletOptions,
  value: number,
  gradient: number[],
): void {
  const x = leaf([points.length, 1], points);
  const y = loss(x, labels, options);
  const [dx] = gradients(y, [x]);
  assert.ok(Math.abs(y.data[0] - value) < 1e-12, `loss ${y.data[0]} instead of ${value}`);
  gradient.forEach((g, i) =>
    assert.ok(Math.abs(dx[i] - g) < 1e-12, `gradient ${[...dx]} instead of ${gradient}`)
  );
}

Deno.test("semiHard() gives a tie between negatives to the lowest index", () => {
  // (0,1): 5 + 1 - 3 with images 2 and 3 equally far; (1,0): 5 + 1 - 2.
  expectOnLine(semiHardTripletLoss, [0, 1, 3, -3], [0, 0, 1, 2], euclidean(5), 3.5, [-0.5, 1.5, -1, 0]);
});

Deno.test("semiHard() falls back to the farthest negative when none is farther than the positive", () => {
  // (0,1): 1 + 9 - 2; (1,0): 1 + 9 - 8.
  expectOnLine(semiHardTripletLoss, [0, 9, 1, 2], [0, 0, 1, 2], euclidean(1), 5, [-0.5, 0.5, 0.5, -0.5]);
  // Squared: (0,1): 1 + 81 - 4; (1,0): 1 + 81 - 64.
  const squared: TripletOptions = { metric: "squared", margin: 1, softMargin: false };
  expectOnLine(semiHardTripletLoss, [0, 9, 1, 2], [0, 0, 1, 2], squared, 48, [-16, 10, 8, -2]);
});

Deno.test("semiHard() passes over a negative exactly as far as the positive", () => {
  // (0,1): 3 + 2 - 7 is below 0, since the negative at distance 2 does not count; (1,0): 3 + 2 - 4.
  expectOnLine(semiHardTripletLoss, [0, 2, -2, 7], [0, 0, 1, 2], euclidean(3), 0.5, [-0.5, 0, 0.5, 0]);
});

Deno.test("semiHard() is 0 with zero gradient without a positive pair", () => {
  expectOnLine(semiHardTripletLoss, [0, 1, 3], [0, 1, 2], euclidean(1), 0, [0, 0, 0]);
});

Deno.test("semiHard() takes the negative's distance as 0 when all images are one identity", () => {
  // Six ordered pairs: 6 * 0.5 + 2 * (1 + 3 + 2), over 6.
  expectOnLine(semiHardTripletLoss, [0, 1, 3], [4, 4, 4], euclidean(0.5), 2.5, [-2 / 3, 0, 2 / 3]);
});

Deno.test("semiHard() of one image is 0 with zero gradient", () => {
  expectOnLine(semiHardTripletLoss, [3], [7], euclidean(1), 0, [0]);
});

Deno.test("semiHard() of equal embeddings is the margin, with zero gradient", () => {
  expectOnLine(semiHardTripletLoss, [2, 2, 2, 2], [0, 0, 1, 1], euclidean(0.3), 0.3, [0, 0, 0, 0]);
});

Deno.test("semiHard() counts pairs whose hinge is shut in the divisor", () => {
  // (0,1): 1 + 1 - 3 < 0; (1,0): 1 + 1 - 2 = 0, at its kink; (2,3): 1 + 4 - 3; (3,2): 1 + 4 - 6 < 0.
  expectOnLine(semiHardTripletLoss, [0, 1, 3, 7], [0, 0, 1, 1], euclidean(1), 0.5, [0.25, 0, -0.5, 0.25]);
});

Deno.test("semiHard() equals the addons' masked matrices on random batches", () => {
  const random = seededRandom(20);
  let compared = 0;
  for (let trial = 0; trial < 400; trial++) {
    const size = 2 + random.integer(11);
    const width = 1 + random.integer(4);
    const metric: Metric = (["euclidean", "squared", "angular"] as const)[trial % 3];
    const identities = 1 + random.integer(5);
    const labels = Array.from({ length: size }, () => random.integer(identities));
    // Small integers in half of the trials, so that distances tie.
    const data = Array.from(
      { length: size * width },
      () => trial % 2 === 0 ? random.integer(4) + 1 : random.normal(),
    );
    const margin = 3 * random.uniform();
    const loss = semiHardTripletLoss(leaf([size, width], data), labels, {
      metric,
      margin,
      softMargin: false,
    });
    const literal = semiHardOfAddons(distanceRows(data, size, width, metric), labels, margin);
    if (Number.isNaN(literal)) assert.equal(loss.data[0], 0);
    else {assert.ok(
        Math.abs(loss.data[0] - literal) < 1e-12,
        `${loss.data[0]} against ${literal} of [${labels}]`,
      );}
    compared += Number.isNaN(literal) ? 0 : 1;
  }
  assert.ok(compared > 300, `only ${compared} batches had a positive pair`);
});

Deno.test("semiHard() has the gradient of the addons' masked matrices away from ties", () => {
  const random = seededRandom(21);
  let compared = 0;
  while (compared < 30) {
    const labels = Array.from({ length: 6 }, () => random.integer(3));
    const x = leaf([6, 3], Array.from({ length: 18 }, () => random.normal()));
    const options = euclidean(0.5);
    const loss = semiHardTripletLoss(x, labels, options);
    if (clearanceOf(loss) < 1e-3 || loss.data[0] === 0) continue;
    const [expected] = centralDifferences(
      ([moved]) => semiHardOfAddons(distanceRows([...moved], 6, 3, "euclidean"), labels, options.margin),
      [x.data],
    );
    const [dx] = gradients(loss, [x]);
    dx.forEach((g, i) => assert.ok(Math.abs(g - expected[i]) < 1e-7, `${g} against ${expected[i]}`));
    compared++;
  }
});

Deno.test("hard() averages over anchors that have a positive and a negative", () => {
  // Anchors 0 to 3: 2.5 + 1 - 4 < 0, 2.5 + 1 - 3, 2.5 + 2 - 3, 2.5 + 2 - 4; image 4 has no positive.
  expectOnLine(hardTripletLoss, [0, 1, 4, 6, 10], [0, 0, 1, 1, 2], euclidean(2.5), 0.625, [
    -0.25,
    0.75,
    -1,
    0.75,
    -0.25,
  ]);
});

Deno.test("hard() takes farthest positive and nearest negative, of equals the lowest index", () => {
  const distances = pairwiseDistance(leaf([5, 1], [0, 2, -2, 5, -5]), "euclidean");
  const { triplets, clearance } = mineHard(distances.data, [0, 0, 0, 1, 2]);
  assert.deepEqual(triplets, [
    { anchor: 0, positive: 1, negative: 3 },
    { anchor: 1, positive: 2, negative: 3 },
    { anchor: 2, positive: 1, negative: 4 },
  ]);
  assert.equal(clearance, 0);
});

Deno.test("mining says how far the distances are from another choice", () => {
  const distances = pairwiseDistance(leaf([4, 1], [0, 2, 2.5, 9]), "euclidean");
  assert.equal(mineSemiHard(distances.data, [0, 0, 1, 2]).clearance, 0.5);
});

Deno.test("hard() is 0 with zero gradient when no anchor has both", () => {
  expectOnLine(hardTripletLoss, [0, 1, 3], [0, 1, 2], euclidean(1), 0, [0, 0, 0]);
  expectOnLine(hardTripletLoss, [0, 1, 3], [0, 0, 0], euclidean(1), 0, [0, 0, 0]);
  expectOnLine(hardTripletLoss, [5], [0], euclidean(1), 0, [0]);
});

Deno.test("soft margin of collapsed embeddings is log 2", () => {
  const options: TripletOptions = { metric: "euclidean", margin: 0.3, softMargin: true };
  expectOnLine(hardTripletLoss, [1, 1, 1, 1], [0, 0, 1, 1], options, Math.LN2, [0, 0, 0, 0]);
});

Deno.test("basic() averages the hinges of given triplets", () => {
  // 1 + 1 - 3 < 0 and 1 + 2 - 1.
  const x = leaf([2, 3, 1], [0, 1, 3, 0, 2, -1]);
  const loss = basicTripletLoss(x, euclidean(1));
  assert.equal(loss.data[0], 1);
  assert.deepEqual([...gradients(loss, [x])[0]], [0, 0, 0, -1, 0.5, 0.5]);
});

function distanceRows(data: number[], size: number, width: number, metric: Metric): number[][] {
  const { data: flat } = pairwiseDistance(leaf([size, width], data), metric);
  return Array.from({ length: size }, (_, i) => [...flat.subarray(i * size, (i + 1) * size)]);
}
