import assert from "node:assert/strict";
import { endsInBestEpoch } from "../../train/best_epoch.ts";

Deno.test("endsInBestEpoch() compares an epoch's mean loss with those of all before, at its end only", () => {
  assert.equal(endsInBestEpoch([], 2), false);
  assert.equal(endsInBestEpoch([1], 2), false);
  assert.equal(endsInBestEpoch([1, 1], 2), true);
  assert.equal(endsInBestEpoch([1, 1, 0], 2), false);
  assert.equal(endsInBestEpoch([1, 1, 0, 1], 2), true);
  assert.equal(endsInBestEpoch([1, 1, 0, 1, 0.5, 0.5], 2), false); // The first of equals stays.
  assert.equal(endsInBestEpoch([0, 1, 2, 2, 0.9, 0.9], 2), false);
});
