import assert from "node:assert/strict";
import { type ImageLabels, RankingAccumulator, topMatches } from "../../eval/ranking.ts";
import { literalOrder, literalScores } from "./literal_ranking.ts";

const labels = (...pairs: [identity: number, camera: number][]): ImageLabels => ({
  identity: Int32Array.from(pairs, ([identity]) => identity),
  camera: Int32Array.from(pairs, ([, camera]) => camera),
});

function rank(gallery: ImageLabels, queries: ImageLabels, ...distances: number[]) {
  const accumulator = new RankingAccumulator(gallery);
  accumulator.addBlock(Float32Array.from(distances), queries);
  return accumulator.result();
}

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} should be ${expected}`);

Deno.test("RankingAccumulator gives a perfect ranking 1 in every score", () => {
  const gallery = labels([1, 2], [1, 3], [2, 2], [2, 3]);
  const result = rank(gallery, labels([1, 1], [2, 1]), 0.1, 0.2, 0.8, 0.9, 0.8, 0.9, 0.2, 0.1);
  assert.deepEqual(result.rank, { 1: 1, 5: 1, 10: 1, 20: 1 });
  assert.deepEqual([result.mAP, result.mAPTrapezoid, result.mINP], [1, 1, 1]);
  assert.deepEqual([result.queries, result.queriesWithoutMatch, result.gallery], [2, 0, 4]);
  assert.equal(result.cmc.length, 50);
});

Deno.test("RankingAccumulator agrees with scores worked out by hand, plain and trapezoid", () => {
  // Right matches at places 2 and 4 (0-based 1 and 3): plain (1/2 + 2/4) / 2 = 1/2;
  // trapezoid ½·[½·(1/2 + 0/1) + ½·(2/4 + 1/3)] = ½·[1/4 + 5/12] = 1/3; inverse penalty 2/4.
  const gallery = labels([5, 2], [1, 2], [6, 2], [1, 3], [7, 2]);
  const result = rank(gallery, labels([1, 1]), 0.1, 0.2, 0.3, 0.4, 0.5);
  near(result.mAP, 1 / 2);
  near(result.mAPTrapezoid, 1 / 3);
  near(result.mINP, 1 / 2);
  assert.deepEqual(result.rank, { 1: 0, 5: 1, 10: 1, 20: 1 });
  assert.deepEqual([...result.cmc.subarray(0, 3)], [0, 1, 1]);
});

Deno.test("RankingAccumulator removes the same identity in the same camera, neither right nor wrong", () => {
  // Nearest is the query's own image; without it the first right match is 1st and the second 3rd.
  const gallery = labels([1, 1], [1, 2], [2, 1], [1, 3]);
  const result = rank(gallery, labels([1, 1]), 0, 0.1, 0.2, 0.3);
  near(result.mAP, (1 + 2 / 3) / 2);
  near(result.mAPTrapezoid, (1 + (2 / 3 + 1 / 2) / 2) / 2);
  near(result.mINP, 2 / 3);
  assert.equal(result.rank[1], 1);
});

Deno.test("RankingAccumulator leaves junk out and counts distractors as wrong for everyone", () => {
  const gallery = labels([-1, 2], [0, 2], [-1, 3], [1, 2], [0, 1]);
  const result = rank(gallery, labels([1, 1]), 0.1, 0.2, 0.25, 0.3, 0.4);
  near(result.mAP, 1 / 2);
  assert.equal(result.rank[1], 0);
  assert.deepEqual([result.gallery, result.junk, result.distractors], [3, 2, 2]);
});

Deno.test("RankingAccumulator ranks wrong matches first where distances tie", () => {
  const gallery = labels([1, 2], [2, 2], [1, 3], [3, 2]);
  // Tie of one right with one wrong: right match second, the other right match third.
  const result = rank(gallery, labels([1, 1]), 0.5, 0.5, 0.6, 0.9);
  near(result.mAP, (1 / 2 + 2 / 3) / 2);
  assert.equal(result.rank[1], 0);
});

Deno.test("RankingAccumulator gives collapsed embeddings the worst score there is", () => {
  // 2 right among 10 that are all at distance 0: places 9 and 10.
  const gallery = labels([1, 2], [1, 3], ...Array.from({ length: 8 }, (): [number, number] => [2, 2]));
  const result = rank(gallery, labels([1, 1]), ...new Array(10).fill(0));
  near(result.mAP, (1 / 9 + 2 / 10) / 2);
  assert.deepEqual(result.rank, { 1: 0, 5: 0, 10: 1, 20: 1 });
});

Deno.test("RankingAccumulator counts queries that have no right match, and leaves them out of the means", () => {
  const gallery = labels([1, 2], [2, 1], [3, 1]);
  // Identity 2 is there in the query's own camera only, identity 9 not at all.
  const result = rank(gallery, labels([1, 1], [2, 1], [9, 1]), 0, 1, 1, 0, 0, 0, 0, 0, 0);
  assert.deepEqual([result.queries, result.queriesWithoutMatch, result.mAP], [1, 2, 1]);
  const none = new RankingAccumulator(gallery).result();
  assert.deepEqual([none.queries, none.mAP, none.rank[1]], [0, 0, 0]);
});

Deno.test("RankingAccumulator refuses NaN distances and blocks of the wrong size", () => {
  const gallery = labels([1, 2], [2, 2]);
  assert.throws(() => rank(gallery, labels([1, 1]), NaN, 1), /NaN/);
  assert.throws(() => rank(gallery, labels([1, 1]), 1, NaN), /NaN/);
  assert.throws(
    () => rank(gallery, labels([1, 1]), 1),
    /Cannot rank 1 distances: 1 queries × 2 gallery images need 2/,
  );
});

/** A random problem with few distinct distances, so that ties are frequent. */
function randomProblem(seed: number) {
  let state = seed;
  const random = (below: number) =>
    (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % (below << 8) >> 8;
  const set = (size: number, least: number) =>
    labels(...Array.from({ length: size }, (): [number, number] => [least + random(6), 1 + random(3)]));
  const gallery = set(1 + random(60), -1), queries = set(1 + random(5), 1);
  const distances = Float32Array.from(
    { length: queries.identity.length * gallery.identity.length },
    () => random(2 + seed % 40) / 7,
  );
  return { gallery, queries, distances };
}

Deno.test("RankingAccumulator equals the literal protocol on 500 random problems full of ties", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const { gallery, queries, distances } = randomProblem(seed);
    const accumulator = new RankingAccumulator(gallery);
    accumulator.addBlock(distances, queries);
    const result = accumulator.result();

    const width = gallery.identity.length;
    const scores = [...queries.identity.keys()].map((q) =>
      literalScores(
        distances.subarray(q * width, (q + 1) * width),
        gallery,
        queries.identity[q],
        queries.camera[q],
      )
    ).filter((score) => score !== undefined);
    const mean = (pick: (score: typeof scores[number]) => number) =>
      scores.reduce((sum, score) => sum + pick(score), 0) / Math.max(1, scores.length);
    assert.equal(result.queries, scores.length);
    assert.equal(result.queriesWithoutMatch, queries.identity.length - scores.length);
    for (let k = 1; k <= 50; k++) assert.equal(result.cmc[k - 1], mean(({ first }) => Number(first < k)));
    near(result.mAP, mean(({ plain }) => plain));
    near(result.mAPTrapezoid, mean(({ trapezoid }) => trapezoid));
    near(result.mINP, mean(({ inversePenalty }) => inversePenalty));
  }
});

Deno.test("topMatches() equals the head of the literal order on random problems full of ties", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const { gallery, queries, distances } = randomProblem(seed);
    const row = distances.subarray(0, gallery.identity.length);
    const [identity, camera] = [queries.identity[0], queries.camera[0]];
    for (const count of [0, 1, 10]) {
      const top = topMatches(row, count, gallery, identity, camera);
      const expected = literalOrder(row, gallery, identity, camera).slice(0, count);
      assert.deepEqual(top.map(({ index }) => index), expected);
      assert.ok(top.every((match) => match.right === (gallery.identity[match.index] === identity)));
      assert.ok(top.every((match) => match.distance === row[match.index]));
    }
  }
});
