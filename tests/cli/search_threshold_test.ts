import assert from "node:assert/strict";
import { askedThreshold, limitOf, nobody } from "../../cli/search_threshold.ts";
import { selectedImages } from "../../cli/index/filter.ts";
import { networkPath } from "../../cli/index/network.ts";
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
    nobody([], [image], limit, 40, "")!,
    /^Nobody in the gallery: .*a\.jpg, is at 0\.9000, farther .* 0\.5000, .*1 % of searches of 40 images$/,
  );
  const none = { camera: undefined, notCamera: undefined, after: undefined, before: undefined };
  const selected = selectedImages({ ...none, camera: "1", before: "2026-01-31" });
  assert.match(
    nobody([], [image], limit, 97, selected)!,
    /^Nobody among the 97 images by camera 1, before 2026-01-31: the nearest/,
  );
  assert.match(
    nobody([], [image], limit, 1, selectedImages({ ...none, notCamera: "2", after: "7" }))!,
    /^Nobody among the 1 image not by camera 2, not before 7: the nearest/,
  );
  assert.equal(nobody([image], [image], limit, 40, ""), undefined);
  assert.equal(nobody([], [], limit, 40, ""), undefined);
});

Deno.test("a gallery of vectors does not say where their network is", () => {
  assert.equal(networkPath(undefined, { summary: "runs/hard" }), "runs/hard");
  assert.equal(networkPath("runs/hard", { summary: "g.parquet" }), "runs/hard");
  for (const summary of ["g.parquet", "g.npy", "g.jsonl"]) {
    assert.throws(
      () => networkPath(undefined, { summary }),
      /made from the vectors in g\..*with --checkpoint\./,
    );
  }
});
