import assert from "node:assert/strict";
import { Random } from "../../../engine/mod.ts";
import { SearchDeviations } from "../../../eval/verification/search_deviations.ts";
import {
  exactAtEnds,
  jackknifeDeviation,
  rateInterval,
  shareEstimate,
} from "../../../eval/verification/share_interval.ts";

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} ${b}`);

Deno.test("the jackknife of a mean is its standard error", () => {
  const values = [1, 4, 2, 9, 3], n = values.length;
  const meanOf = (of: number[]) => of.reduce((sum, each) => sum + each, 0) / of.length;
  const mean = meanOf(values);
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (n - 1);
  near(jackknifeDeviation(values.map((_, i) => meanOf(values.toSpliced(i, 1)))), Math.sqrt(variance / n));
});

Deno.test("nothing of many people is not nothing for sure, nor is everything", () => {
  const none = shareEstimate(0, 0, 64), all = shareEstimate(1, 0, 64);
  assert.equal(none.low, 0);
  near((1 - none.high) ** 64, 0.025); // So many people without one are that improbable.
  assert.equal(all.high, 1);
  near(all.low, 1 - none.high);
  const some = { value: 0.1, low: 0, high: 0.2 };
  assert.equal(exactAtEnds(some, 64), some);
  const { low, high } = shareEstimate(0.5, 0.05, 64);
  near(Math.log(high / (1 - high)), 1.96 * 0.2);
  near(low, 1 - high);
  near(rateInterval(0.1, 0.5)[0] * rateInterval(0.1, 0.5)[1], 0.01);
});

Deno.test("the deviation of a rate of searches is that by leaving out people", () => {
  const random = new Random(4), people = 7, images = 28;
  const identity = Int32Array.from({ length: images }, (_, i) => 10 + i % people);
  const place = Array.from({ length: images }, () => random.normal());
  const row = (i: number) => Float32Array.from(place, (each) => Math.abs(each - place[i]!));
  const points = [[0.5, 0.1], [0.2, 0.02]] as const;
  // The whole gallery, and parts of one image: each of the 24 others is it as often.
  const deviations = new SearchDeviations(identity, [{ gallery: 24, points }, { gallery: 1, points }]);
  for (let i = 0; i < images; i++) deviations.add(i, row(i));
  const found = deviations.thresholds();
  for (const [p, [rate, distance]] of points.entries()) {
    const alarms = (left: number, of: (near: number) => number) => {
      const searching = [...identity.keys()].filter((i) => identity[i] !== left);
      const sum = searching.reduce((sum, i) => {
        const nearest = row(i).filter((d, j) =>
          identity[j] !== identity[i] && identity[j] !== left && d <= distance
        );
        return sum + of(nearest.length);
      }, 0);
      return sum / searching.length;
    };
    for (const [i, of] of [(near: number) => Math.min(1, near), (near: number) => near / 24].entries()) {
      const without = [...new Set(identity)].map((left) => alarms(left, of));
      const [foundRate, foundDistance, deviation] = found[i]!.points[p]!;
      assert.deepEqual([foundRate, foundDistance], [rate, distance]);
      near(deviation!, jackknifeDeviation(without) / alarms(-1, of));
    }
  }
});
