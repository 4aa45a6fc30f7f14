import assert from "node:assert/strict";
import { join } from "node:path";
import { Image } from "imagescript";
import { drawnJpeg } from "./jpeg_writer.ts";
import { decodeAll } from "../../data/images/decode_pool.ts";

/** The reasons of 12 images, undefined where one is decoded; the fifth has these bytes. */
async function decodeWith(fifth: Uint8Array, timeouts: readonly number[]): Promise<(string | undefined)[]> {
  const folder = await Deno.makeTempDir();
  try {
    const small = await new Image(8, 8).fill(0x336699ff).encodeJPEG(90);
    const paths = Array.from({ length: 12 }, (_, i) => join(folder, `${i}.jpg`));
    for (const path of paths) await Deno.writeFile(path, small);
    await Deno.writeFile(paths[4]!, fifth);
    const reasons: (string | undefined)[] = [];
    let replies = 0;
    await decodeAll(paths, { height: 4, width: 4, workers: 2, timeouts }, (reply) => {
      replies++;
      reasons[reply.index] = "reason" in reply ? reply.reason : undefined;
    });
    assert.equal(replies, 12);
    return reasons;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A small file whose hundreds of scans, each over 5792 × 5792 pixels, take tens of seconds. */
function endlessJpeg(): Uint8Array {
  const jpeg = drawnJpeg({ width: 8, height: 8, sampling: [[1, 1]], scans: "progressive" });
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc2);
  jpeg.set([5792 >> 8, 5792 & 255, 5792 >> 8, 5792 & 255], frame + 5);
  const starts = [...jpeg.keys()].filter((i) => jpeg[i] === 0xff && jpeg[i + 1] === 0xda);
  const [second, scan] = [starts[1]!, starts[2]!];
  const scans = Array.from({ length: 500 }, () => [...jpeg.subarray(scan, -2)]);
  const mean = new Uint8Array(140_000); // Of all blocks: zeros are the code of a mean as before.
  return Uint8Array.from([
    ...jpeg.subarray(0, second),
    ...mean,
    ...jpeg.subarray(second, scan),
    ...scans.flat(),
    0xff,
    0xd9,
  ]);
}

Deno.test("decodeAll() gives up an image that takes too long twice, and answers for every image once", async () => {
  const reasons = await decodeWith(endlessJpeg(), [400, 800]);
  assert.equal(reasons[4], "gave no result within 0.8 s");
  assert.ok(reasons.every((reason, i) => i === 4 || reason === undefined), `${reasons}`);
});

Deno.test("decodeAll() decodes an image that was late once, as on a busy machine", async () => {
  const large = await new Image(1000, 1000).fill(0x336699ff).encodeJPEG(50);
  assert.deepEqual(await decodeWith(large, [5, 600_000]), new Array(12).fill(undefined));
});

Deno.test("decodeAll() ends when its caller's function throws, and passes the error on", async () => {
  const stop = new Error("enough");
  const paths = Array.from({ length: 50 }, (_, i) => `/nowhere/${i}.jpg`);
  await assert.rejects(
    decodeAll(paths, { height: 4, width: 4, workers: 2 }, () => {
      throw stop;
    }),
    (error) => error === stop,
  );
});

Deno.test("decodeAll() has nothing to do for an empty list", async () => {
  await decodeAll([], { height: 4, width: 4, workers: 2 }, () => assert.fail());
});
