import assert from "node:assert/strict";
import {
  camerasWithoutTraining,
  recordingTimes,
  requireTimes,
} from "../../../eval/spatial_temporal/recording_times.ts";
import { type Sight, TravelTimes } from "../../../eval/spatial_temporal/travel_times.ts";
import { seededRandom } from "../../reference/seeded_random.ts";

Deno.test("recordingTimes() lays the recordings of a camera end to end", () => {
  const sight = (camera: number, sequence: number, frame: number) => ({ camera, sequence, frame });
  const timeOf = recordingTimes([sight(1, 1, 500), sight(1, 1, 900), sight(1, 3, 40), sight(2, 1, 7000)]);
  assert.equal(timeOf(sight(1, 1, 500)), 500);
  assert.equal(timeOf(sight(1, 2, 10)), 910); // Nothing is known of recording 2 but that it comes after.
  assert.equal(timeOf(sight(1, 3, 40)), 940);
  assert.equal(timeOf(sight(2, 1, 7000)), 7000);
});

Deno.test("requireTimes() says of a dataset without times why it cannot be ranked by them", () => {
  requireTimes({ name: "Market-1501", timed: true });
  assert.throws(() => requireTimes({ name: "MSMT17", timed: false }), {
    message: /MSMT17 .*frame.*Leave out the prior/,
    remedies: [{ kind: "set", settings: { spatialTemporal: false } }],
  });
});

Deno.test("camerasWithoutTraining() names the cameras that only the test has", () => {
  const by = (...cameras: number[]) =>
    cameras.map((camera) => ({ path: "", identity: 1, camera, sequence: 1, frame: 0, box: 0 }));
  assert.deepEqual(camerasWithoutTraining({ train: by(1, 2), query: by(12, 1), gallery: by(3, 2) }), [3, 12]);
});

/** The histogram and its smoothing written out as dense loops over a fixed number of bins. */
function denseProbability(sights: Sight[], bin: number, deviation: number, bins: number) {
  const mean = (identity: number, camera: number) => {
    const times = sights.filter((s) => s.identity === identity && s.camera === camera).map((s) => s.time);
    return times.reduce((sum, time) => sum + time, 0) / times.length; // NaN where there is none.
  };
  const identities = [...new Set(sights.map(({ identity }) => identity))];
  return (later: number, earlier: number, k: number) => {
    const counts = new Array(bins).fill(0);
    for (const identity of identities) {
      const difference = mean(identity, later) - mean(identity, earlier);
      if (difference >= 0) counts[Math.floor(difference / bin)]++;
    }
    const smoothed = counts.map((_, at) =>
      counts.reduce(
        (sum, n, l) =>
          Math.abs(at - l) > 3 * deviation ? sum : sum + n * Math.exp(-((at - l) ** 2) / 2 / deviation ** 2),
        0,
      )
    );
    const total = smoothed.reduce((sum, p) => sum + p, 0);
    return total === 0 ? 0 : smoothed[k] / total;
  };
}

Deno.test("TravelTimes are the smoothed histogram of the order of two cameras, and 0 within a camera", () => {
  const random = seededRandom(4);
  const sights = Array.from({ length: 90 }, (): Sight => ({
    identity: 1 + random.integer(12),
    camera: 1 + random.integer(4),
    time: random.integer(9000),
  })).filter(({ identity, camera }) => camera < 4 || identity < 3);
  const travel = new TravelTimes(sights, { bin: 100, deviation: 4 });
  const expected = denseProbability(sights, 100, 4, 200);
  let seen = 0;
  for (let a = 1; a <= 5; a++) {
    for (let b = 1; b <= 5; b++) {
      for (let k = 0; k < 110; k++) {
        const p = travel.probability(a, 20_000 + 100 * k + 50, b, 20_000);
        assert.equal(p, travel.probability(b, 20_000, a, 20_000 + 100 * k + 50));
        if (a === b) assert.equal(p, 0);
        else assert.ok(Math.abs(p - expected(a, b, k)) < 1e-12, `${a} after ${b}, bin ${k}`);
        seen = Math.max(seen, p);
      }
    }
  }
  assert.ok(seen > 0.05);
});

Deno.test("TravelTimes sum to 1 over the bins of each order of two cameras", () => {
  const travel = new TravelTimes([
    { identity: 1, camera: 1, time: 0 },
    { identity: 1, camera: 2, time: 30_000 },
    { identity: 2, camera: 1, time: 90_000 },
    { identity: 2, camera: 2, time: 91_000 },
  ]);
  let sum = 0;
  for (let time = 0; time < 100_000; time += 100) sum += travel.probability(2, time + 50, 1, 0);
  assert.ok(Math.abs(sum - 1) < 1e-12);
  assert.equal(travel.probability(1, 1000, 2, 0), 0);
});
