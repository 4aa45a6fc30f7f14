import assert from "node:assert/strict";
import { Device, LimitError } from "../../engine/mod.ts";
import { namingLargestBatch } from "../../train/batch_limit.ts";
import type { RunRemedy } from "../../train/errors.ts";
import { openTinyRun } from "./tiny_run.ts";

type Sampler = "pk" | "shuffled" | "triplets";

function named(
  sampler: Sampler,
  k: number,
  images: number,
  times: number,
  shape = [images, 8, 8, 16],
): { message: string; settings: unknown } {
  const refusal = new LimitError("Too large.", [{ shape, times }]);
  const named = namingLargestBatch(refusal, { sampler, k }, images);
  assert.ok(named instanceof LimitError);
  assert.deepEqual(named.remedies.at(-1), {
    kind: "change",
    settings: ["microBatches", "imageHeight", "imageWidth", "width"],
  });
  return { message: named.message, settings: largest(named) };
}

/** The settings of the largest batch that fits, which a refusal names. */
function largest({ remedies }: LimitError<RunRemedy>) {
  return remedies.find((remedy) => remedy.kind === "set")?.settings;
}

Deno.test("a refused batch names the largest one that fits, in the settings of its sampler", () => {
  const first = named("pk", 4, 64, 2.5);
  assert.match(
    first.message,
    /^Too large\. The largest batch that fits has 24 images; micro-batches, smaller images or a narrower network help too\.$/,
  );
  assert.deepEqual(first.settings, { p: 6, k: 4 });
  const rows: [Parameters<typeof named>, number, object][] = [
    [["pk", 64, 256, 3], 84, { p: 2, k: 42 }],
    [["shuffled", 4, 100, 1.01], 99, { batchSize: 99 }],
    [["shuffled", 4, 100, 1.01 ** 2, [100, 100]], 99, { batchSize: 99 }],
    // As high or as wide as the batch has images: they stay so.
    [["pk", 4, 64, 1.5, [64, 128, 64, 96]], 40, { p: 10, k: 4 }],
    [["shuffled", 4, 64, 1.5, [64, 64, 64, 96]], 42, { batchSize: 42 }],
    [["triplets", 4, 96, 3.1], 30, { triplets: 10 }],
  ];
  for (const [refused, images, settings] of rows) {
    const { message, settings: found } = named(...refused);
    assert.match(message, new RegExp(`fits has ${images} images;`));
    assert.deepEqual(found, settings);
  }
  for (const sampler of ["pk", "shuffled", "triplets"] as const) {
    const { message, settings } = named(sampler, 4, 32, 33);
    assert.match(
      message,
      /No batch is small enough; micro-batches, smaller images or a narrower network help\./,
    );
    assert.equal(settings, undefined);
  }
  const other = new Error("something else");
  assert.equal(namingLargestBatch(other, { sampler: "pk", k: 4 }, 16), other);
});

Deno.test("a batch larger than the adapter holds is refused before the run, and the one that is named is the largest", async () => {
  const device = await Device.open({ storage: "buffer", limits: "default" });
  const refused = { name: "LimitError", message: /holds at most 128\.0 MiB/ };
  try {
    // Distances of all pairs are too large by most in a narrow network, activations in a wide one.
    for (const [width, asked] of [[0.02, 5000], [0.2, 2500]] as const) {
      const refusal = await openTinyRun(device, { width, p: 4, k: asked }).then(
        () => assert.fail("must be refused"),
        (error) => error,
      );
      assert.ok(refusal instanceof LimitError);
      assert.match(refusal.message, refused.message);
      const images = Number(/fits has (\d+) images;/.exec(refusal.message)![1]);
      const [p, k] = Object.values(largest(refusal)!).map(Number);
      assert.deepEqual(largest(refusal), { p, k });
      assert.equal(images, p! * k!);
      (await openTinyRun(device, { width, p: p!, k: k! })).destroy();
      await assert.rejects(openTinyRun(device, { width, p: p!, k: k! + 1 }), refused);
    }
  } finally {
    device.destroy();
  }
});
