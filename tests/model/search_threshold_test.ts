import assert from "node:assert/strict";
import { lowestFalseAlarm, searchThreshold } from "../../model/search_threshold.ts";
import { KEPT } from "./drawn_thresholds.ts";
import { inMetric, parseThresholds, type Thresholds } from "../../model/thresholds.ts";

const near = (a: number | undefined, b: number) => assert.ok(Math.abs((a ?? NaN) - b) < 1e-12, `${a} ${b}`);

Deno.test("a search's threshold is that of the largest gallery that is no larger than its own", () => {
  assert.deepEqual(searchThreshold(KEPT, 0.1, 10), { distance: 1, extrapolated: false });
  assert.deepEqual(searchThreshold(KEPT, 0.1, 39), {
    distance: searchThreshold(KEPT, 0.1 * 10 / 39, 10)?.distance,
    extrapolated: false,
  });
  assert.deepEqual(searchThreshold(KEPT, 0.1, 40), { distance: 0.7, extrapolated: false });
  assert.deepEqual(searchThreshold(KEPT, 0.1, 3), { distance: 1, extrapolated: false }, "smaller than all");
  // A gallery of five times as many images: a fifth of the rate.
  assert.deepEqual(searchThreshold(KEPT, 0.1, 200), { distance: 0.5, extrapolated: false });
});

Deno.test("between rates the logarithm of the rate is linear, and below them it goes on", () => {
  near(searchThreshold(KEPT, Math.sqrt(0.1 * 0.01), 10)?.distance, 0.9);
  const beyond = searchThreshold(KEPT, 0.01, 40);
  near(beyond?.distance, 0.5 - 0.2 * Math.log(2) / Math.log(5)); // Half of the last rate, at the slope between the last two.
  assert.equal(beyond?.extrapolated, true);
  assert.deepEqual(searchThreshold(KEPT, 0.9, 40), { distance: 1, extrapolated: false });
  assert.equal(searchThreshold(KEPT, 0.006, 40), undefined, "less than a third of the last rate");
  const steep: Thresholds["searches"] = [{ gallery: 10, points: [[0.1, 0.5], [0.09, 0.05]] }];
  assert.equal(searchThreshold({ searches: steep }, 0.05, 10), undefined, "below a distance of 0");
  assert.equal(searchThreshold({ searches: [] }, 0.1, 40), undefined);
  const flat: Thresholds["searches"] = [{ gallery: 10, points: [[0.1, 0.5], [0.02, 0.5]] }];
  assert.equal(searchThreshold({ searches: flat }, 0.01, 10), undefined, "no slope");
});

Deno.test("a rate that people are enough for has the deviation of the next lower one", () => {
  const searches: Thresholds["searches"] = [{ gallery: 10, points: [[0.5, 1, 0.2], [0.1, 0.6, 0.4]] }];
  const deviation = (rate: number) => searchThreshold({ searches }, rate, 10)?.deviation;
  assert.deepEqual([0.6, 0.5, 0.3, 0.1, 0.05].map(deviation), [0.2, 0.2, 0.4, 0.4, undefined]);
  assert.equal(lowestFalseAlarm({ searches }, 5), 0.1);
  near(lowestFalseAlarm({ searches }, 20), 0.2);
  assert.equal(lowestFalseAlarm({ searches: [] }, 20), undefined);
});

Deno.test("a Euclidean distance in other metrics", () => {
  const [a, b] = [[0.6, 0.8], [1, 0]];
  const squared = (a[0]! - b[0]!) ** 2 + (a[1]! - b[1]!) ** 2, angular = 1 - (a[0]! * b[0]! + a[1]! * b[1]!);
  near(inMetric(Math.sqrt(squared), "squared", false), squared);
  near(inMetric(Math.sqrt(squared), "angular", true), angular);
  assert.equal(inMetric(1, "euclidean", false), 1);
  assert.equal(inMetric(1, "angular", false), undefined);
});

Deno.test("thresholds are read as they were written, and nothing else is", () => {
  assert.deepEqual(parseThresholds(JSON.parse(JSON.stringify([KEPT]))), [KEPT]);
  const others = [
    {},
    [null],
    [{ ...KEPT, flip: 1 }],
    [{ ...KEPT, people: "10" }],
    [{ ...KEPT, pairs: "all" }],
    [{ ...KEPT, comparisons: [{ falseAccept: 0.1, distance: null, interval: [0, 1] }] }],
    [{ ...KEPT, comparisons: [{ falseAccept: 0.1, distance: 1, interval: [0] }] }],
    [{ ...KEPT, searches: [{ gallery: 0, points: [[0.1, 1]] }] }],
    [{ ...KEPT, searches: [{ gallery: 10, points: [] }] }],
    [{ ...KEPT, searches: [{ gallery: 10, points: [[0.1, "1"]] }] }],
    [{ ...KEPT, searches: [{ gallery: 10, points: [[0.1, 1, null]] }] }],
  ];
  for (const other of others) {
    assert.throws(() => parseThresholds(other), /thresholds/, JSON.stringify(other));
  }
});
