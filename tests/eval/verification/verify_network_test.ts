import assert from "node:assert/strict";
import { Device } from "../../../engine/mod.ts";
import { expectedRate } from "../../../eval/verification/kept_thresholds.ts";
import { openSet } from "../../../eval/verification/open_set.ts";
import { rateInterval } from "../../../eval/verification/share_interval.ts";
import { verify } from "../../../eval/verification/verify.ts";
import { searchOpenSet, verifyNetwork } from "../../../eval/verification/verify_network.ts";
import type { Thresholds } from "../../../model/thresholds.ts";
import { KEPT } from "../../model/drawn_thresholds.ts";
import { drawPairs, problemOf } from "./pair_problem.ts";

/** A test whose distances are known. */
function drawnTest() {
  const drawn = drawPairs(3, { people: 8, queries: 60, gallery: 60 });
  const none = new Float32Array();
  const embedded = {
    queries: { embeddings: none, labels: drawn.queries },
    gallery: { embeddings: none, labels: drawn.gallery },
    size: 0,
  };
  const benchmark: Parameters<typeof searchOpenSet>[1] & Parameters<typeof verifyNetwork>[1] = {
    openSet: (_device, _embedded, _metric, thresholds) => openSet(problemOf(drawn), thresholds),
    verify: (_device, _embedded, _metric, thresholds) => verify(problemOf(drawn), thresholds),
  };
  return { benchmark, embedded };
}

const USE = { metric: "euclidean", flip: false, unitLength: true } as const;
const SEARCHES: Thresholds["searches"] = [{ gallery: 8, points: [[0.5, 0.6, 0.2], [0.01, 0.5, 0.4]] }];

Deno.test("open set measures the network's threshold, and says what was to be expected or why there is none", async () => {
  using device = await Device.open();
  const { benchmark, embedded } = drawnTest();
  const search = (searches: Thresholds["searches"], falseAlarm: number) =>
    searchOpenSet(device, benchmark, embedded, {
      ...USE,
      falseAlarm,
      thresholds: [{ ...KEPT, flip: true }, { ...KEPT, searches }],
    });
  const { threshold, unmeasured } = await search(SEARCHES, 0.2);
  assert.ok(threshold && threshold.falseAlarm.value > 0 && unmeasured === undefined);
  assert.equal(threshold.distances.length, 2);
  const promised = { falseAccept: 0.2, interval: rateInterval(0.2, 0.4) };
  assert.deepEqual(threshold.expected, expectedRate(promised, threshold.falseAlarm));

  const older = SEARCHES.map((each) => ({ ...each, points: each.points.map(([a, b]) => [a, b] as const) }));
  assert.equal((await search(older, 0.2)).threshold?.expected, undefined, "a file without deviations");
  const few = await search(SEARCHES, 0.001);
  assert.equal(few.threshold, undefined);
  const lowest = 0.01 * Math.max(...few.galleries) / 8;
  assert.deepEqual(few.unmeasured, { kind: "rate", people: 10, lowest });
  const nothing = await searchOpenSet(device, benchmark, embedded, {
    ...USE,
    falseAlarm: 0.2,
    thresholds: undefined,
  });
  assert.deepEqual(nothing.unmeasured, { kind: "none" });
});

Deno.test("thresholds for comparisons are measured on pairs of their kind, or the result says why not", async () => {
  using device = await Device.open();
  const { benchmark, embedded } = drawnTest();
  const verified = (
    kept: Thresholds,
    use: Omit<typeof USE, "metric" | "unitLength"> & {
      metric: "euclidean" | "angular";
      unitLength: boolean;
    } = USE,
  ) => verifyNetwork(device, benchmark, embedded, { ...use, thresholds: [kept] });
  const { thresholds, unmeasured } = await verified(KEPT);
  assert.deepEqual([thresholds?.pairs, thresholds?.rates.length, unmeasured], ["cross-camera", 1, undefined]);
  const angular = await verified({ ...KEPT, unitLength: false }, {
    ...USE,
    metric: "angular",
    unitLength: false,
  });
  assert.deepEqual([angular.thresholds, angular.unmeasured], [undefined, {
    kind: "metric",
    metric: "angular",
  }]);
});
