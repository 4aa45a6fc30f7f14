import assert from "node:assert/strict";
import { DataError } from "../../data/errors.ts";
import { indexIdentities } from "../../data/identity_index.ts";
import type { Batch, Sampler, SamplerOptions } from "../../data/sampler.ts";
import { type SamplerKey, samplers } from "../../data/samplers.ts";

/** A training list with `counts[i]` images of identity 10 i + 3, interleaved. */
function people(counts: number[]): { identity: number }[] {
  const list: { identity: number }[] = [];
  for (let round = 0; round < Math.max(...counts); round++) {
    counts.forEach((count, person) => {
      if (round < count) list.push({ identity: 10 * person + 3 });
    });
  }
  return list;
}

const options: SamplerOptions = { seed: 1, p: 4, k: 3, batchSize: 8, triplets: 5 };
const make = (key: SamplerKey, counts: number[], extra: Partial<SamplerOptions> = {}): Sampler =>
  samplers[key](indexIdentities(people(counts)), { ...options, ...extra });
function collect(sampler: Sampler, epoch: number): Batch[] {
  const batches = [...sampler.epoch(epoch)];
  assert.ok(batches.length > 0 && batches.every(({ images }) => images.length > 0));
  return batches;
}

Deno.test("indexIdentities() numbers the identities densely in ascending order and skips unusable images", () => {
  const index = indexIdentities([{ identity: 9 }, { identity: 2 }, { identity: 9 }, { identity: 5 }], [
    true,
    true,
    true,
    false,
  ]);
  assert.deepEqual(index.identities, [2, 9]);
  assert.deepEqual([...index.labels], [1, 0, 1, -1]);
  assert.deepEqual(index.imagesOf.map((images) => [...images]), [[1], [0, 2]]);
  assert.deepEqual([...index.images], [0, 1, 2]);
});

for (const key of Object.keys(samplers) as SamplerKey[]) {
  Deno.test(`the ${key} sampler draws epoch e the same whether or not other epochs were drawn before`, () => {
    const counts = [5, 6, 7, 8, 9, 4];
    const full = make(key, counts);
    const whole = [0, 1, 2, 3].map((epoch) => collect(full, epoch));
    assert.deepEqual(collect(make(key, counts), 2), whole[2]);
    assert.notDeepEqual(whole[1], whole[2]);
    assert.notDeepEqual(collect(make(key, counts, { seed: 2 }), 2), whole[2]);
  });

  Deno.test(`the ${key} sampler's batches have the announced number and size, and the labels of their images`, () => {
    const counts = [5, 6, 7, 8, 9, 4];
    const list = people(counts);
    const index = indexIdentities(list);
    const sampler = make(key, counts, { batchesPerEpoch: 11 });
    const batches = collect(sampler, 0);
    assert.equal(sampler.batchesPerEpoch, 11);
    assert.equal(batches.length, 11);
    for (const { images, labels } of batches) {
      assert.equal(images.length, sampler.batchImages);
      images.forEach((image, i) => assert.equal(index.identities[labels[i]!], list[image]!.identity));
    }
  });

  Deno.test(`the ${key} sampler never draws an unusable image`, () => {
    const list = people([5, 6, 7, 8, 9, 4]);
    const usable = list.map((_, image) => image % 4 !== 1);
    const sampler = samplers[key](indexIdentities(list, usable), options);
    for (const { images } of [...collect(sampler, 0), ...collect(sampler, 1)]) {
      for (const image of images) assert.ok(usable[image]);
    }
  });
}

Deno.test("the pk sampler gives P different identities with K different images each, every identity equally often", () => {
  const sampler = make("pk", [5, 6, 7, 8, 9, 4, 30], { batchesPerEpoch: 70 });
  const seen = new Array(7).fill(0);
  for (const { images, labels } of collect(sampler, 0)) {
    const groups = Map.groupBy(images, (_, i) => labels[i]!);
    assert.equal(groups.size, 4);
    for (const [label, group] of groups) {
      assert.equal(new Set(group).size, 3);
      seen[label]++;
    }
  }
  assert.equal(seen.reduce((a, b) => a + b), 280);
  assert.ok(Math.max(...seen) - Math.min(...seen) <= 1, `identities were drawn ${seen} times`);
  assert.deepEqual(sampler.notes, []);
});

Deno.test("the pk sampler repeats the images of an identity with fewer than K, evenly, and says so once", () => {
  const sampler = make("pk", [2, 5, 1, 6], { k: 5, batchesPerEpoch: 6 });
  assert.equal(sampler.notes.length, 1);
  assert.match(sampler.notes[0]!, /^2 of 4 training identities have fewer than K = 5 images/);
  for (const { images, labels } of collect(sampler, 0)) {
    const times = Object.values(Object.groupBy([...images].filter((_, i) => labels[i] === 0), String));
    assert.deepEqual(times.map((same) => same!.length).toSorted(), [2, 3]);
  }
});

Deno.test("the shuffled sampler shows every image at most once in a pass and drops the incomplete batch", () => {
  const sampler = make("shuffled", [5, 6, 7, 8, 9]);
  const batches = collect(sampler, 4);
  assert.equal(batches.length, 4); // 35 images, 8 to a batch
  const images = batches.flatMap((batch) => [...batch.images]);
  assert.equal(new Set(images).size, 32);
});

Deno.test("the triplet sampler gives anchor, positive, negative in turn", () => {
  const counts = [1, 2, 6, 9];
  const sampler = make("triplets", counts, { batchesPerEpoch: 40 });
  const positives = new Set<string>();
  const negatives = new Set<string>();
  for (const { images, labels } of collect(sampler, 0)) {
    for (let i = 0; i < images.length; i += 3) {
      assert.notEqual(labels[i], 0, "an identity with a single image has no positive");
      assert.equal(labels[i], labels[i + 1]);
      assert.notEqual(images[i], images[i + 1]);
      assert.notEqual(labels[i], labels[i + 2]);
      positives.add(`${images[i]} ${images[i + 1]}`);
      negatives.add(`${labels[i]} ${images[i + 2]}`);
    }
  }
  assert.equal(positives.size > 70, true, "nearly all 2 + 30 + 72 ordered pairs are met");
  assert.ok(negatives.size > 30, `${negatives.size} of 16 + 12 + 9 pairs of a person and a negative are met`);
  assert.match(sampler.notes[0]!, /^1 training images are the only one/);
});

Deno.test("samplers refuse settings that the training set cannot serve, and say what would do", () => {
  assert.throws(() => make("pk", [5, 5, 5]), (error) => {
    return error instanceof DataError && /P = 4 .* has 3\. Lower P to at most 3/.test(error.message);
  });
  assert.throws(() => make("shuffled", [3, 4]), DataError);
  assert.throws(() => make("triplets", [1, 1, 1]), DataError);
  assert.throws(() => indexIdentities(people([5])), DataError);
  assert.throws(() => make("pk", [5, 5, 5, 5], { k: 1.5 }), RangeError);
  assert.throws(() => make("pk", [5, 5, 5, 5], { batchesPerEpoch: 0 }), RangeError);
});
