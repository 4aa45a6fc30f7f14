import assert from "node:assert/strict";
import { Device, LimitError } from "../../engine/mod.ts";
import { namingLargestBatch } from "../../train/batch_limit.ts";
import { openTinyRun } from "./tiny_run.ts";

type Sampler = "pk" | "shuffled" | "triplets";

function named(
  sampler: Sampler,
  k: number,
  images: number,
  times: number,
  shape = [images, 8, 8, 16],
): string {
  const refusal = new LimitError("Too large.", [{ shape, times }]);
  return (namingLargestBatch(refusal, { sampler, k }, images) as Error).message;
}

Deno.test("a refused batch names the largest one that fits, in the flags of its sampler", () => {
  assert.match(
    named("pk", 4, 64, 2.5),
    /^Too large\. The largest batch that fits has 24 images: --p 6 --k 4,/,
  );
  assert.match(named("pk", 64, 256, 3), /has 84 images: --p 2 --k 42,/);
  assert.match(named("shuffled", 4, 100, 1.01), /has 99 images: --batch-size 99,/);
  assert.match(named("shuffled", 4, 100, 1.01 ** 2, [100, 100]), /has 99 images: --batch-size 99,/);
  // As high or as wide as the batch has images: they stay so.
  assert.match(named("pk", 4, 64, 1.5, [64, 128, 64, 96]), /has 40 images: --p 10 --k 4,/);
  assert.match(named("shuffled", 4, 64, 1.5, [64, 64, 64, 96]), /has 42 images: --batch-size 42,/);
  assert.match(named("triplets", 4, 96, 3.1), /has 30 images: --triplets 10,/);
  for (const sampler of ["pk", "shuffled", "triplets"] as const) {
    assert.match(named(sampler, 4, 32, 33), /No batch is small enough: give smaller images/);
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
      const refusal: Error = await openTinyRun(device, { width, p: 4, k: asked }).then(
        () => assert.fail("must be refused"),
        (error) => error,
      );
      assert.match(refusal.message, refused.message);
      const [images, p, k] = /fits has (\d+) images: --p (\d+) --k (\d+),/.exec(refusal.message)!.slice(1)
        .map(Number);
      assert.equal(images, p! * k!);
      (await openTinyRun(device, { width, p: p!, k: k! })).destroy();
      await assert.rejects(openTinyRun(device, { width, p: p!, k: k! + 1 }), refused);
    }
  } finally {
    device.destroy();
  }
});
