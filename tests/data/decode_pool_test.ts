import assert from "node:assert/strict";
import { join } from "node:path";
import { Image } from "imagescript";
import { decodeAll } from "../../data/decode_pool.ts";

Deno.test("decodeAll() gives up an image that takes too long, replaces the worker and answers for every image once", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const small = await new Image(8, 8).fill(0x336699ff).encodeJPEG(90);
    const paths = Array.from({ length: 12 }, (_, i) => join(folder, `${i}.jpg`));
    for (const path of paths) await Deno.writeFile(path, small);
    await Deno.writeFile(paths[4]!, await new Image(5000, 5000).fill(0x336699ff).encodeJPEG(50));

    const replies = new Map<number, string | undefined>();
    await decodeAll(paths, { height: 4, width: 4, workers: 2, timeout: 60 }, (reply) => {
      assert.ok(!replies.has(reply.index));
      replies.set(reply.index, "reason" in reply ? reply.reason : undefined);
    });
    assert.equal(replies.size, 12);
    assert.equal(replies.get(4), "gave no result within 0.06 s");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
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
