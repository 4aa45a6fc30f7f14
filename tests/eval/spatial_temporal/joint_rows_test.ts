import assert from "node:assert/strict";
import { evaluateRows } from "../../../eval/evaluate_rows.ts";
import type { ImageLabels } from "../../../eval/ranking.ts";
import { jointDistance } from "../../../eval/spatial_temporal/joint_distance.ts";
import { jointRows, type Sights } from "../../../eval/spatial_temporal/joint_rows.ts";
import { TravelTimes } from "../../../eval/spatial_temporal/travel_times.ts";
import { type SeededRandom, seededRandom } from "../../reference/seeded_random.ts";
import { literalScores } from "../literal_ranking.ts";

const PEOPLE = 60, CAMERAS = 4, RECORDING = 400_000;

interface Images extends Sights {
  readonly labels: ImageLabels;
  readonly time: Float64Array;
}

/** An image of everybody by every camera; where `walking`, cameras see a person one after the other. */
function recorded(random: SeededRandom, first: number, walking: boolean): Images {
  const sights = Array.from({ length: PEOPLE }, (_, i) => {
    const start = random.integer(RECORDING);
    return Array.from({ length: CAMERAS }, (_, c) => ({
      identity: first + i,
      camera: 1 + c,
      time: walking ? start + 6000 * c + random.integer(2000) : random.integer(RECORDING),
    }));
  }).flat();
  const camera = Int32Array.from(sights, (s) => s.camera);
  return {
    labels: { identity: Int32Array.from(sights, (s) => s.identity), camera },
    camera,
    time: Float64Array.from(sights, (s) => s.time),
  };
}

/** 1 - cosine as a fair network gives it: right matches are nearer on the whole, but many wrong ones are too. */
function distancesOf(random: SeededRandom, { labels }: Images): Float32Array[] {
  return Array.from(
    labels.identity,
    (identity) =>
      Float32Array.from(labels.identity, (of) => (of === identity ? 0.3 : 0.5) + 0.1 * random.normal()),
  );
}

async function* each(rows: readonly Float32Array[]) {
  for (const row of rows) yield await Promise.resolve(row);
}

async function scored(seed: number, walking: boolean) {
  const random = seededRandom(seed);
  const train = recorded(random, 1, walking), test = recorded(random, 1001, walking);
  const travel = new TravelTimes(
    Array.from(train.time, (time, i) => ({
      identity: train.labels.identity[i],
      camera: train.camera[i],
      time,
    })),
  );
  const angular = distancesOf(random, test);
  const joint: Float32Array[] = [];
  for await (const row of jointRows(each(angular), test, test, travel)) joint.push(row);
  const score = async (rows: Float32Array[]) =>
    (await evaluateRows(each(rows), test.labels, test.labels)).scores;
  return { angular, joint, labels: test.labels, plain: await score(angular), timed: await score(joint) };
}

Deno.test("the joint distance is one minus the product of two logistic functions", () => {
  const close = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 1e-12);
  close(jointDistance(1, 0), 1 - 1 / 2 / 3);
  close(jointDistance(0, 0), 1 - 1 / (1 + Math.exp(-5)) / 3);
  close(jointDistance(0.25, 0.01), 1 - 1 / (1 + Math.exp(-3.75)) / (1 + 2 * Math.exp(-0.05)));
});

Deno.test("where people walk from camera to camera, look and time together rank much better than look alone", async () => {
  const { plain, timed } = await scored(1, true);
  assert.ok(plain.mAP > 0.1 && plain.mAP < 0.6, `${plain.mAP}`);
  assert.ok(timed.mAP > plain.mAP + 0.1, `${plain.mAP}, then ${timed.mAP}`);
  assert.ok(timed.rank[1] > plain.rank[1] + 0.1, `${plain.rank[1]}, then ${timed.rank[1]}`);
});

Deno.test("where times tell nothing, they leave the ranking about as it is", async () => {
  for (const seed of [2, 3]) {
    const { plain, timed } = await scored(seed, false);
    assert.ok(Math.abs(timed.mAP - plain.mAP) < 0.01, `${plain.mAP}, then ${timed.mAP}`);
    assert.ok(Math.abs(timed.rank[1] - plain.rank[1]) < 0.03, `${plain.rank[1]}, then ${timed.rank[1]}`);
  }
});

Deno.test("joint distances are ranked exactly as a sorted row, ties included", async () => {
  const { joint, labels, timed } = await scored(4, true);
  // Rounded, so that many tie.
  const rows = joint.map((row) => row.map((distance) => Math.round(1000 * distance) / 1000));
  for (
    const [given, scores] of [[joint, timed], [
      rows,
      (await evaluateRows(each(rows), labels, labels)).scores,
    ]] as const
  ) {
    const literal = given.map((row, q) => literalScores(row, labels, labels.identity[q], labels.camera[q])!);
    const mAP = literal.reduce((sum, { plain }) => sum + plain, 0) / literal.length;
    assert.ok(Math.abs(scores.mAP - mAP) < 1e-12);
    assert.equal(scores.rank[1], literal.filter(({ first }) => first === 0).length / literal.length);
  }
});
