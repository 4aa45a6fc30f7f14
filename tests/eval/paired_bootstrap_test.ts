/** The paired bootstrap over people. */
import assert from "node:assert/strict";
import { pairedDifference } from "../../eval/paired_bootstrap.ts";
import { resampledPeople } from "../../eval/verification/resampled_people.ts";
import { seededRandom } from "../reference/seeded_random.ts";

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} ${expected}`);

Deno.test("equal rankings differ by 0, and a difference that all queries share has no interval", () => {
  const a = [0.5, 0.25, 1, 0.75], persons = [1, 1, 2, 3];
  assert.deepEqual(pairedDifference(a, a, persons, 1), { value: 0, low: 0, high: 0 });
  const { value, low, high } = pairedDifference(a, a.map((x) => x - 0.125), persons, 1);
  for (const each of [value, low, high]) close(each, 0.125);
});

Deno.test("people are drawn with all their queries, and queries without a match are left out", () => {
  const random = seededRandom(3);
  const persons = Array.from({ length: 40 }, (_, i) => 7 * Math.floor(i / 4));
  const first = persons.map(() => random.uniform()), second = persons.map(() => random.uniform());
  first[5] = NaN;
  second[5] = NaN;
  const samples = 200;
  const found = pairedDifference(first, second, persons, 9, samples);
  const used = [...first.keys()].filter((query) => query !== 5);
  const difference = (query: number) => first[query]! - second[query]!;
  close(found.value, used.reduce((sum, query) => sum + difference(query), 0) / 39);
  // Literally: a list of queries for each sample.
  const times = resampledPeople([10], 9, samples);
  const means = Array.from({ length: samples }, (_, sample) => {
    const drawn = used.flatMap((query) =>
      Array(times[persons[query]! / 7 * samples + sample]).fill(difference(query))
    );
    return drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
  }).sort((a, b) => a - b);
  const at = (place: number) =>
    means[Math.floor(place)]! + (place % 1) * (means[Math.ceil(place)]! - means[Math.floor(place)]!);
  close(found.low, at(0.025 * (samples - 1)));
  close(found.high, at(0.975 * (samples - 1)));
  assert.deepEqual(pairedDifference(first, second, persons, 9, samples), found, "the same seed");
  assert.notDeepEqual(pairedDifference(first, second, persons, 10, samples), found, "another seed");
});

Deno.test("lists of different queries are refused", () => {
  assert.throws(() => pairedDifference([1], [1, 1], [1], 1), RangeError);
  assert.throws(() => pairedDifference([1], [1], [1, 1], 1), RangeError);
});
