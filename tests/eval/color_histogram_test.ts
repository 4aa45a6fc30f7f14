import assert from "node:assert/strict";
import { colorHistogram, rankByColor } from "../../eval/color_histogram.ts";
import { type ImageLabels, RankingAccumulator } from "../../eval/ranking.ts";

Deno.test("colorHistogram() counts pixels in cells of 32 levels a channel, as shares", () => {
  // Two by two pixels are equally far from the center.
  const histogram = colorHistogram(Uint8Array.of(0, 0, 0, 31, 31, 31, 255, 0, 0, 0, 32, 64), 2, 2);
  const filled = [...histogram.entries()].filter(([, share]) => share > 0);
  assert.deepEqual(filled, [[0, 0.5], [8 + 2, 0.25], [7 * 64, 0.25]]);
});

Deno.test("colorHistogram() weights pixels by a Gaussian around the center, in units of the image's size", () => {
  // Three pixels in a row: the outer ones a third of the width off the center, exp(-(1/3)² / (2 · 0.15²)).
  const outer = Math.exp(-1 / (9 * 2 * 0.15 ** 2));
  const row = colorHistogram(Uint8Array.of(0, 0, 0, 255, 255, 255, 0, 0, 0), 1, 3);
  assert.ok(Math.abs(row[511] - 1 / (1 + 2 * outer)) < 1e-7);
  const below = Math.exp(-1 / (9 * 2 * 0.3 ** 2));
  const column = colorHistogram(Uint8Array.of(0, 0, 0, 255, 255, 255, 0, 0, 0), 3, 1);
  assert.ok(Math.abs(column[511] - 1 / (1 + 2 * below)) < 1e-7);
});

Deno.test("colorHistogram() refuses pixels that are not of the given size", () => {
  assert.throws(() => colorHistogram(new Uint8Array(4), 1, 1), /4 bytes: 1 × 1 pixels of packed RGB have 3/);
  assert.throws(() => colorHistogram(new Uint8Array(0), 0, 0), RangeError);
});

Deno.test("rankByColor() equals ranking by half the L1 distance of the histograms", async () => {
  let state = 7;
  const random = (below: number) =>
    (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % (below << 8) >> 8;
  const image = () => colorHistogram(Uint8Array.from({ length: 64 * 3 }, () => 100 * random(3)), 8, 8);
  const set = (size: number, cameras: number) => {
    const labels: ImageLabels = {
      identity: Int32Array.from({ length: size }, () => 1 + random(5)),
      camera: Int32Array.from({ length: size }, () => random(cameras)),
    };
    return { histograms: Array.from({ length: size }, image), labels };
  };
  const queries = set(12, 2), gallery = set(60, 4);
  const distances = queries.histograms.flatMap((a) =>
    gallery.histograms.map((b) => a.reduce((sum, share, bin) => sum + Math.abs(share - b[bin]), 0) / 2)
  );
  const direct = new RankingAccumulator(gallery.labels);
  direct.addBlock(Float32Array.from(distances), queries.labels);
  const result = await rankByColor(queries, gallery);
  assert.deepEqual(result, direct.result());
  assert.ok(result.mAP > 0 && result.mAP < 1);
});

Deno.test("rankByColor() finds an image of the same colors first, and refuses labels that do not fit", async () => {
  const flat = (r: number, g: number, b: number) =>
    colorHistogram(Uint8Array.from({ length: 30 }, (_, i) => [r, g, b][i % 3]), 5, 2);
  const labels = (identity: number[], camera: number[]): ImageLabels => ({
    identity: Int32Array.from(identity),
    camera: Int32Array.from(camera),
  });
  const query = { histograms: [flat(200, 10, 10)], labels: labels([3], [1]) };
  const gallery = {
    histograms: [flat(10, 200, 10), flat(210, 20, 5), flat(10, 10, 200)],
    labels: labels([1, 3, 2], [2, 2, 2]),
  };
  assert.equal((await rankByColor(query, gallery)).rank[1], 1);
  await assert.rejects(rankByColor(query, { ...gallery, labels: labels([1], [1]) }), RangeError);
});
