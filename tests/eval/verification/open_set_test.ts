import assert from "node:assert/strict";
import { DataError } from "../../../data/errors.ts";
import { expectedRate } from "../../../eval/verification/kept_thresholds.ts";
import { openSet } from "../../../eval/verification/open_set.ts";
import { jackknifeDeviation, shareEstimate } from "../../../eval/verification/share_interval.ts";
import { shareOfRank } from "../../../eval/share_of_rank.ts";
import { onLocalRanks } from "../../ranks/local_ranks.ts";
import { drawPairs, problemOf } from "./pair_problem.ts";

Deno.test("everybody searches once among images of themselves and once in vain, as if one by one", async () => {
  const drawn = drawPairs(11, { people: 9, queries: 330, gallery: 60 });
  const { queries, gallery, distances } = drawn;
  const limit = (images: number) => 0.4 + images / 1000;
  const found = await openSet(problemOf(drawn), [limit, () => -1]);
  // The halves, from outside: the images of one half and the distractors are a gallery.
  const people = [...new Set(gallery.identity)].filter((identity) => identity > 0);
  const distractors = gallery.identity.filter((identity) => identity === 0).length;
  assert.equal(
    found.galleries[0] + found.galleries[1] - 2 * distractors,
    gallery.identity.filter((identity) => people.includes(identity)).length,
  );
  assert.equal(found.unmated, queries.identity.length);
  assert.deepEqual(found.points.map(({ rate }) => rate), [0.1]);
  const [kept, nobody] = found.thresholds;
  // No false alarms by 9 people: for a higher rate, that is improbable.
  const most = 1 - 0.025 ** (1 / 9);
  assert.deepEqual(nobody, {
    falseAlarm: { value: 0, low: 0, high: most },
    identified: { value: 0, low: 0, high: most },
  });

  // Which halves give these galleries? All ways to divide the people are tried, one by one.
  const sizes = (left: ReadonlySet<number>) =>
    gallery.identity.filter((identity) => identity >= 0 && !left.has(identity)).length;
  const ways = Array.from(
    { length: 2 ** people.length },
    (_, bits) => new Set(people.filter((_, i) => (bits >> i) & 1)),
  ).filter((left) => Math.abs(2 * left.size - people.length) <= 1 && sizes(left) === found.galleries[0]);
  /** The share of searches in vain that find somebody, if a person is neither searched for nor in the gallery. */
  const alarmsWithout = (left: ReadonlySet<number>, person: number) => {
    let alarms = 0, all = 0;
    for (const half of [left, new Set(people).difference(left)]) {
      for (const [q, identity] of queries.identity.entries()) {
        if (identity === person || !half.has(identity)) continue;
        all++;
        const isAlarm = gallery.identity.some((each, j) =>
          each >= 0 && each !== person && !half.has(each) && distances[q]![j]! <= limit(sizes(half))
        );
        if (isAlarm) alarms++;
      }
    }
    return alarms / all;
  };
  const literal = ways.map((left) => {
    let mated = 0, identified = 0, alarms = 0;
    for (const half of [left, new Set(people).difference(left)]) {
      const threshold = limit(sizes(half));
      for (const [q, identity] of queries.identity.entries()) {
        const images = [...gallery.identity.keys()].filter((j) =>
          gallery.identity[j]! >= 0 && !half.has(gallery.identity[j]!) &&
          !(gallery.identity[j] === identity && gallery.camera[j] === queries.camera[q])
        );
        const right = (j: number) => Number(gallery.identity[j] === identity);
        const row = distances[q]!;
        const [nearest] = images.sort((a, b) => row[a]! - row[b]! || right(a) - right(b));
        const isFound = row[nearest!]! <= threshold;
        if (half.has(identity)) alarms += Number(isFound);
        else if (images.some(right)) {
          mated++;
          if (right(nearest!) && isFound) identified++;
        }
      }
    }
    const share = alarms / queries.identity.length;
    const without = people.map((person) => alarmsWithout(left, person));
    const { low, high } = shareEstimate(share, jackknifeDeviation(without), people.length);
    return [mated, identified / mated, share, low, high];
  });
  const { value, low, high } = kept!.falseAlarm;
  const rates = [found.mated, kept?.identified.value, value, low, high];
  const rounded = (rates: (number | undefined)[]) => String(rates.map((rate) => rate?.toFixed(9)));
  assert.ok(literal.some((each) => rounded(each) === rounded(rates)), `${rates}`);
  assert.ok(low < value && value < high);

  // The threshold of a rate has at most that rate in this test, and the next larger distance has more.
  const [point] = found.points;
  const at = async (distance: number) => (await openSet(problemOf(drawn), [() => distance])).thresholds[0]!;
  assert.ok((await at(point!.distance)).falseAlarm.value <= 0.1);
  assert.ok((await at(point!.distance + 0.021)).falseAlarm.value > 0.1);
  assert.equal((await at(point!.distance)).identified.value, point!.identified.value);

  for (
    const each of await onLocalRanks(3, (ranks) => {
      const share = shareOfRank(ranks);
      return openSet(problemOf(drawn, share), [limit, () => -1], share);
    })
  ) assert.deepEqual(each, found);
});

Deno.test("one person cannot be left out of a gallery of one", async () => {
  await assert.rejects(openSet(problemOf(drawPairs(1, { people: 1 }))), DataError);
});

Deno.test("the expected rate has the errors of the estimate and of the test", () => {
  const threshold = { falseAccept: 0.01, distance: 1, interval: [0.005, 0.02] as const };
  const exact = { value: 0.3, low: 0.3, high: 0.3 };
  const [low, high] = expectedRate(threshold, exact);
  assert.ok(Math.abs(low - 0.005) < 1e-12 && Math.abs(high - 0.02) < 1e-12);
  const [lower, higher] = expectedRate(threshold, { value: 0.3, low: 0.15, high: 0.6 });
  assert.ok(
    Math.abs(lower - 0.01 * 2 ** -Math.SQRT2) < 1e-12 && Math.abs(higher - 0.01 * 2 ** Math.SQRT2) < 1e-12,
  );
  assert.deepEqual(expectedRate({ ...threshold, interval: [0, 0.02] }, { value: 0, low: 0, high: 0 }), [
    0,
    1,
  ]);
});
