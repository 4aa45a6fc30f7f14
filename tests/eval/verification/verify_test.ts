import assert from "node:assert/strict";
import { BIN_WIDTH, binOfDistance, BINS, upperEnd } from "../../../eval/verification/distance_bins.ts";
import { numberPeople, PAIR_KINDS } from "../../../eval/verification/pairs.ts";
import { countResampled } from "../../../eval/verification/resampled_counts.ts";
import { estimate, resampledPeople } from "../../../eval/verification/resampled_people.ts";
import { areaUnder, equalErrorRate, rocOf, trueAcceptAt } from "../../../eval/verification/roc.ts";
import { verify } from "../../../eval/verification/verify.ts";
import { shareOfRank } from "../../../eval/share_of_rank.ts";
import { onLocalRanks } from "../../ranks/local_ranks.ts";
import { drawPairs, literalPairs, literalRate, problemOf } from "./pair_problem.ts";

const near = (a: number, b: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} ${b}`);

Deno.test("a distance is at most a bin's upper end exactly if its bin is no later one", () => {
  for (const distance of [0, 1e-30, 0.25, 0.9999999, 1, 1.4142135, 3e38].map(Math.fround)) {
    const bin = binOfDistance(distance), end = upperEnd(bin);
    assert.ok(distance <= end && distance > (bin === 0 ? -1 : upperEnd(bin - 1)));
    assert.ok(end <= distance * (1 + BIN_WIDTH) || distance === 0);
    assert.equal(binOfDistance(end), bin);
  }
  assert.equal(binOfDistance(-1e-8), 0);
  assert.equal(binOfDistance(-0), 0);
  assert.ok(binOfDistance(NaN) >= BINS);
});

Deno.test("all rates equal those of pairs that are compared one by one", async () => {
  const drawn = drawPairs(3);
  const asked = [0.31, 0.71, 0.91, 5]; // No distance of the pairs is in their bins.

  const found = await verify(problemOf(drawn), asked);
  assert.deepEqual(found.map(({ pairs }) => pairs), [...PAIR_KINDS]);
  for (const { pairs: kind, positives, negatives, auc, eer, points, thresholds, curve } of found) {
    const pairs = literalPairs(drawn, kind);
    assert.equal(positives, pairs.filter(({ same }) => same).length);
    assert.equal(negatives, pairs.filter(({ same }) => !same).length);
    let wins = 0;
    for (const a of pairs.filter(({ same }) => same)) {
      for (const b of pairs.filter(({ same }) => !same)) {
        wins += a.distance < b.distance ? 1 : a.distance === b.distance ? 0.5 : 0;
      }
    }
    near(auc.value, wins / positives / negatives);
    // At the threshold before the crossing there are fewer false accepts than false rejects, and after it more.
    const distances = [...new Set(pairs.map(({ distance }) => distance))].sort((a, b) => a - b);
    const after = distances.findIndex((each) =>
      literalRate(pairs, false, each) >= 1 - literalRate(pairs, true, each)
    );
    assert.ok(eer.value >= literalRate(pairs, false, distances[after - 1]!));
    assert.ok(eer.value <= literalRate(pairs, false, distances[after]!));
    assert.ok(1 - eer.value >= literalRate(pairs, true, distances[after - 1]!));
    assert.ok(1 - eer.value <= literalRate(pairs, true, distances[after]!));
    assert.deepEqual(
      points.map(({ rate }) => rate),
      kind === "cross-camera" ? [0.1, 0.01].slice(0, points.length) : [0.1],
    );
    for (const { rate, distance, falseAccept, trueAccept } of points) {
      near(falseAccept.value, literalRate(pairs, false, distance));
      assert.ok(falseAccept.low <= falseAccept.value && falseAccept.value <= falseAccept.high);
      assert.ok(rate * negatives >= 30);
      const largest = distances.filter((each) => literalRate(pairs, false, each) <= rate).at(-1)!;
      assert.ok(distance >= largest && distance <= largest * (1 + BIN_WIDTH));
      near(trueAccept.value, literalRate(pairs, true, distance));
    }
    thresholds.forEach(({ distance, falseAccept, trueAccept }, i) => {
      assert.equal(distance, asked[i]);
      near(falseAccept.value, literalRate(pairs, false, distance));
      near(trueAccept.value, literalRate(pairs, true, distance));
      for (const { value, low, high } of [falseAccept, trueAccept]) assert.ok(low <= value && value <= high);
    });
    for (const [falseAccept, trueAccept, distance] of curve) {
      near(falseAccept, literalRate(pairs, false, distance));
      near(trueAccept, literalRate(pairs, true, distance));
    }
  }
  for (
    const [size, all] of [[1, [found]], [
      3,
      await onLocalRanks(3, (ranks) => {
        const share = shareOfRank(ranks);
        return verify(problemOf(drawn, share), asked, share);
      }),
    ]] as const
  ) {
    for (const each of all) assert.deepEqual(each, found, `${size} ranks`);
  }
});

Deno.test("a sample counts a pair as often as its people are drawn", async () => {
  const drawn = drawPairs(4);
  const problem = problemOf(drawn), samples = 7, seed = 5;
  const people = numberPeople(problem);
  const [known, distractors] = people.groups;
  assert.deepEqual([known, distractors], [
    8,
    drawn.gallery.identity.filter((identity) => identity === 0).length,
  ]);
  const ends = [Int32Array.of(binOfDistance(0.5), binOfDistance(0.9)), Int32Array.of(binOfDistance(0.7))];
  const found = await countResampled(problem, people, ends, seed, undefined, samples);
  const times = resampledPeople(people.groups, seed, samples);
  const names = [...new Set(drawn.queries.identity), ...new Set(drawn.gallery.identity)].filter((each) =>
    each > 0
  );
  const order = [...new Set(names)].sort((a, b) => a - b).map(String);
  drawn.gallery.identity.forEach((identity, j) => identity === 0 && order.push(`distractor ${j}`));
  const timesOf = (name: string, sample: number) => times[order.indexOf(name) * samples + sample]!;
  for (const [kind, name] of PAIR_KINDS.entries()) {
    const upTo = [...ends[kind]!].map(upperEnd);
    for (let sample = 0; sample < samples; sample++) {
      for (let of = 0; of <= upTo.length; of++) {
        let positives = 0, negatives = 0;
        for (const { query, other, same, distance } of literalPairs(drawn, name)) {
          if (distance > (upTo[of] ?? Infinity) || distance <= (upTo[of - 1] ?? -1)) continue;
          const drawnTimes = timesOf(String(query), sample);
          if (same) positives += drawnTimes;
          else negatives += drawnTimes * timesOf(other, sample);
        }
        assert.equal(found[kind]!.positives[of * samples + sample], positives);
        assert.equal(found[kind]!.negatives[of * samples + sample], negatives);
      }
    }
  }
  for (let sample = 0; sample < samples; sample++) {
    const drawnTimes = Array.from({ length: known }, (_, person) => times[person * samples + sample]!);
    assert.equal(drawnTimes.reduce((a, b) => a + b), known);
  }
});

Deno.test("pairs without a counterpart are left out: a dataset with one camera has same-camera pairs only", async () => {
  const drawn = drawPairs(6, { cameras: 1 });
  const [only, ...others] = await verify(problemOf(drawn));
  assert.equal(only?.pairs, "same-camera");
  assert.deepEqual(others, []);
});

Deno.test("an image makes no pair with itself, and in one list every pair counts once", async () => {
  const { queries, distances } = drawPairs(7, { queries: 30 });
  const one = { queries, gallery: queries, distances: distances.map((row) => row.subarray(0, 30)) };
  const pairsOf = async (more: object) =>
    (await verify({ ...problemOf(one), ...more })).reduce(
      (sum, { positives, negatives }) => sum + positives + negatives,
      0,
    );
  assert.equal(await pairsOf({}), 30 * 30);
  assert.equal(await pairsOf({ itself: Int32Array.from({ length: 30 }, (_, i) => i) }), 30 * 29);
  assert.equal(await pairsOf({ withinOneList: true }), 30 * 29 / 2);
});

Deno.test("a distance that is NaN is refused", async () => {
  const drawn = drawPairs(8);
  drawn.distances[3]![5] = NaN;
  await assert.rejects(verify(problemOf(drawn)), /NaN \(gallery image 5\)/);
});

Deno.test("rates of curves that are known", () => {
  const perfect = rocOf([5, 5, 0], [0, 0, 10]);
  assert.deepEqual([areaUnder(perfect), equalErrorRate(perfect), trueAcceptAt(perfect, 0)], [1, 0, 1]);
  const chance = rocOf([4], [9]);
  assert.deepEqual([areaUnder(chance), equalErrorRate(chance), trueAcceptAt(chance, 0.2)], [0.5, 0.5, 0.2]);
  const steps = rocOf([6, 2, 2], [1, 3, 6]);
  near(areaUnder(steps), 0.1 * 0.3 + 0.3 * 0.7 + 0.6 * 0.9);
  near(equalErrorRate(steps), 0.1 + 0.3 * 0.3 / 0.5);
  near(trueAcceptAt(steps, 0.25), 0.7);
  assert.equal(trueAcceptAt(steps, 1), 1);
});

Deno.test("an interval holds the middle 95 % of samples", () => {
  const samples = Array.from({ length: 1001 }, (_, i) => 1000 - i);
  assert.deepEqual(estimate(7, [...samples, NaN]), { value: 7, low: 25, high: 975 });
});
