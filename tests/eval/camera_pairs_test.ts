import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { rankCameraPairs } from "../../eval/camera_pairs.ts";
import type { EmbeddedSet, RankingProblem } from "../../eval/rank_gallery.ts";
import { distancesOf } from "../../bench/ranked_on_cpu.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { literalScores } from "./literal_ranking.ts";

const SIZE = 4;

/** Embeddings of small whole numbers: distances are exact, and many tie. */
function tiedProblem(seed: number, cameras: number): RankingProblem {
  const random = seededRandom(seed);
  const draw = (count: number, identity: () => number): EmbeddedSet => ({
    embeddings: Float32Array.from({ length: count * SIZE }, () => random.integer(3)),
    labels: {
      identity: Int32Array.from({ length: count }, identity),
      camera: Int32Array.from({ length: count }, () => 1 + random.integer(cameras)),
    },
  });
  return {
    queries: draw(30, () => 1 + random.integer(9)),
    gallery: draw(120, () => -1 + random.integer(10)), // Junk and distractors among them; nobody is number 9.
    size: SIZE,
    metric: "euclidean",
  };
}

Deno.test("rankCameraPairs() ranks the images of one camera for the queries of another, ties included", async () => {
  const device = await Device.open();
  try {
    for (const [seed, cameras] of [[1, 3], [3, 2]]) {
      const problem = tiedProblem(seed, cameras);
      const { queries, gallery } = problem;
      const distances = await distancesOf(device, problem, 0, 30);
      const expected = [];
      for (let query = 1; query <= cameras; query++) {
        for (let camera = 1; camera <= cameras; camera++) {
          if (camera === query) continue;
          const places = [...gallery.labels.camera.keys()].filter((j) => gallery.labels.camera[j] === camera);
          const labels = {
            identity: Int32Array.from(places, (j) => gallery.labels.identity[j]),
            camera: Int32Array.from(places, () => camera),
          };
          const scores = [...queries.labels.camera.keys()].flatMap((q) => {
            if (queries.labels.camera[q] !== query) return [];
            const row = Float32Array.from(places, (j) => distances[q * 120 + j]);
            return literalScores(row, labels, queries.labels.identity[q], query) ?? [];
          });
          if (scores.length === 0) continue;
          const mean = (of: (one: typeof scores[0]) => number) =>
            scores.reduce((sum, one) => sum + of(one), 0) / scores.length;
          const rank1 = mean(({ first }) => first === 0 ? 1 : 0);
          expected.push({
            query,
            gallery: camera,
            queries: scores.length,
            rank1,
            mAP: mean(({ plain }) => plain),
          });
        }
      }
      const pairs = await rankCameraPairs(device, problem);
      assert.equal(pairs.length, expected.length);
      assert.ok(pairs.length >= cameras);
      for (const [i, { mAP, ...pair }] of pairs.entries()) {
        const { mAP: wanted, ...rest } = expected[i];
        assert.deepEqual(pair, rest);
        assert.ok(Math.abs(mAP - wanted) < 1e-12);
      }
    }
  } finally {
    device.destroy();
  }
});
