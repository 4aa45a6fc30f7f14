import assert from "node:assert/strict";
import { askedFalseAlarm } from "../../cli/verification_flags.ts";
import { openSetTable, verificationTables } from "../../cli/verification_text.ts";
import { unmeasuredComparisons, unmeasuredSearches } from "../../eval/verification/unmeasured.ts";
import { KEPT } from "../model/drawn_thresholds.ts";

const OPEN_SET = { galleries: [40, 45], mated: 10, unmated: 10, points: [] } as const;

Deno.test("--false-alarm without --open-set, or without thresholds, is refused", () => {
  assert.equal(askedFalseAlarm({ openSet: false, falseAlarm: undefined }, undefined), 0.1);
  assert.equal(askedFalseAlarm({ openSet: true, falseAlarm: 0.05 }, KEPT), 0.05);
  assert.throws(
    () => askedFalseAlarm({ openSet: false, falseAlarm: 0.05 }, KEPT),
    /--false-alarm requires --open-set/,
  );
  assert.throws(
    () => askedFalseAlarm({ openSet: true, falseAlarm: 0.05 }, undefined),
    /keeps no thresholds .*--holdout-people/,
  );
});

Deno.test("thresholds for pairs that a test lacks, or in another metric, are not passed over in silence", () => {
  const said = (...of: Parameters<typeof unmeasuredComparisons>) => {
    const unmeasured = unmeasuredComparisons(...of);
    return unmeasured && verificationTables({ verification: [], unmeasured });
  };
  const sameCamera = [{ pairs: "same-camera" }] as const;
  assert.match(said(KEPT, "euclidean", sameCamera)!, /not measured: .* for cross-camera pairs, .* has none/);
  assert.match(
    said({ ...KEPT, unitLength: false }, "angular", sameCamera)!,
    /not measured: .* Euclidean .* angular/,
  );
  assert.equal(said(KEPT, "euclidean", [{ pairs: "cross-camera" }]), undefined);
  assert.equal(said(undefined, "euclidean", sameCamera), undefined);
});

Deno.test("without a threshold for searches, open set says why; with one, what was to be expected", () => {
  const said = (...of: Parameters<typeof unmeasuredSearches>) =>
    openSetTable({ ...OPEN_SET, unmeasured: unmeasuredSearches(...of) });
  assert.match(said(undefined, "euclidean", [40, 45]), /no threshold .*: it keeps none .*--holdout-people/);
  assert.match(said({ ...KEPT, unitLength: false }, "angular", [40, 45]), /no threshold .*metric angular/);
  assert.match(said(KEPT, "euclidean", [40, 80]), /10 people .* too few; .* --false-alarm 0\.04$/);
  assert.match(said({ ...KEPT, searches: [] }, "euclidean", [40]), /too few$/);
  const rate = { value: 0.17, low: 0.091, high: 0.28 };
  const threshold = {
    wanted: 0.1,
    distances: [0.4],
    extrapolated: false,
    falseAlarm: rate,
    identified: rate,
  };
  assert.match(
    openSetTable({ ...OPEN_SET, threshold: { ...threshold, expected: [0.04, 0.26] } }),
    /false alarms in 17 % \[9\.1, 28\], expected 4 to 26 %, identified/,
  );
});
