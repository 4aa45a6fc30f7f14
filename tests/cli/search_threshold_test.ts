import assert from "node:assert/strict";
import { askedThreshold, limitOf, nobody } from "../../cli/search_threshold.ts";
import { searchThreshold } from "../../model/search_threshold.ts";
import { KEPT } from "../model/drawn_thresholds.ts";

const flags = (threshold?: string, falseAlarm?: number) => ({ threshold, falseAlarm });

Deno.test("a threshold is a distance, or the network's for 10 % of searches", () => {
  assert.equal(askedThreshold(flags()), undefined);
  assert.deepEqual(askedThreshold(flags("0.7")), { distance: 0.7 });
  assert.deepEqual(askedThreshold(flags("auto")), { falseAlarm: 0.1 });
  assert.deepEqual(askedThreshold(flags("auto", 0.2)), { falseAlarm: 0.2 });
});

Deno.test("auto is the threshold for the images of the gallery, or says what is missing", () => {
  const found = searchThreshold(KEPT, 0.1, 40);
  assert.deepEqual(limitOf({ falseAlarm: 0.1 }, KEPT, 40), { ...found, falseAlarm: 0.1, gallery: 40 });
  assert.equal(limitOf({ falseAlarm: 0.01 }, KEPT, 25).extrapolated, true);
  assert.deepEqual(limitOf({ distance: 0.3 }, undefined, 40), { distance: 0.3 });
  assert.throws(
    () => limitOf({ falseAlarm: 0.1 }, undefined, 40),
    /keeps no thresholds .*--holdout-people.*--threshold/,
  );
  assert.throws(
    () => limitOf({ falseAlarm: 1e-9 }, KEPT, 40),
    /The 10 people .* too few .*40 images: they are enough for 2 %\. .*--false-alarm/,
  );
});

Deno.test("nobody is found where the nearest is too far; without images there is nothing to say", () => {
  const image = { id: "a.jpg", distance: 0.9 };
  const limit = { distance: 0.5, falseAlarm: 0.01, gallery: 40 };
  assert.match(
    nobody([], [image], limit)!,
    /a\.jpg, is at 0\.9000, farther .* 0\.5000, .*1 % of searches of 40 images$/,
  );
  assert.equal(nobody([image], [image], limit), undefined);
  assert.equal(nobody([], [], limit), undefined);
});
