import assert from "node:assert/strict";
import { Device, Random } from "../../../engine/mod.ts";
import { estimateThresholds } from "../../../eval/verification/estimate_thresholds.ts";

Deno.test("thresholds are those of all pairs, and of each image's searches among parts of the others", async () => {
  using device = await Device.open();
  const random = new Random(2), size = 3, people = 9, perPerson = 8, images = people * perPerson;
  const labels = {
    identity: Int32Array.from({ length: images }, (_, i) => 1 + Math.floor(i / perPerson)),
    camera: Int32Array.from({ length: images }, () => 1 + random.integer(2)),
  };
  const embeddings = Float32Array.from({ length: images * size }, () => random.normal());
  const found = await estimateThresholds(device, { embeddings, labels }, size);
  assert.ok(found);
  assert.deepEqual([found.people, found.images, found.pairs], [people, images, "cross-camera"]);

  const distance = (i: number, j: number) =>
    Math.hypot(
      ...Array.from({ length: size }, (_, d) => embeddings[i * size + d]! - embeddings[j * size + d]!),
    );
  const negatives: number[] = [];
  for (let i = 0; i < images; i++) {
    for (let j = 0; j < i; j++) {
      if (labels.identity[i] !== labels.identity[j] && labels.camera[i] !== labels.camera[j]) {
        negatives.push(distance(i, j));
      }
    }
  }
  const close = 1 + 1e-3; // A bin, and the f32 of the GPU.
  assert.deepEqual(found.comparisons.map(({ falseAccept }) => falseAccept), [0.1]);
  for (const { falseAccept, distance, interval: [low, high] } of found.comparisons) {
    const share = (limit: number) => negatives.filter((each) => each <= limit).length / negatives.length;
    assert.ok(
      share(distance / close) <= falseAccept && share(distance * close) > falseAccept - 2 / negatives.length,
    );
    assert.ok(low < falseAccept && falseAccept < high);
  }

  assert.deepEqual(found.searches.map(({ gallery }) => gallery), [8, 16, 32, 64]);
  // The whole gallery: the nearest of all others. Random parts: by drawing them.
  for (const { gallery, points } of found.searches) {
    const nearest: number[] = [];
    for (let probe = 0; probe < images; probe++) {
      const others = [...labels.identity.keys()].filter((j) => labels.identity[j] !== labels.identity[probe]);
      for (let draw = 0; draw < 40; draw++) {
        nearest.push(Math.min(...random.shuffle(others).slice(0, gallery).map((j) => distance(probe, j))));
      }
    }
    assert.ok(points.at(-1)![0] >= 10 / images && points.length === 5, `${points.length}`);
    for (const [rate, limit] of points) {
      const share = nearest.filter((each) => each <= limit * close).length / nearest.length;
      assert.ok(Math.abs(share - rate) < 0.03, `${gallery}: ${share} for ${rate}`);
    }
  }

  const onePerson = { embeddings, labels: { ...labels, identity: labels.identity.map(() => 1) } };
  assert.equal(await estimateThresholds(device, onePerson, size), undefined);
});
