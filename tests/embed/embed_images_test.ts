import assert from "node:assert/strict";
import { join } from "node:path";
import { type EmbeddedImage, embedImages } from "../../embed/embed_images.ts";
import { inOrder } from "../../embed/in_order.ts";
import { Device } from "../../engine/mod.ts";
import { Embedder } from "../../model/embedder.ts";
import { buildTrainedModel } from "../../model/trained_model.ts";
import { withFolder } from "../cli/run_task.ts";
import { tinyNetwork, writeNoise } from "./tiny_network.ts";

Deno.test("an image's vector has the same bits whatever its batch, its place there and its neighbors", async () => {
  await withFolder(async (folder) => {
    const device = await Device.open();
    const model = buildTrainedModel(device, await tinyNetwork(device));
    const files = (await writeNoise(folder, 21)).map((id) => ({ id, path: join(folder, id) }));
    const vectors = async (batch: number, order: typeof files, flip = false) => {
      const embedder = await Embedder.open(device, model, batch);
      const found = await Array.fromAsync(embedImages(embedder, order, { workers: 2, flip }));
      embedder.destroy();
      assert.deepEqual(found.map(({ id }) => id), order.map(({ id }) => id));
      return new Map(found.map((image) => [image.id, "failed" in image ? image.failed : image.embedding]));
    };
    const expected = await vectors(8, files);
    const bits = new Set([...expected.values()].map(String));
    assert.equal(bits.size, files.length, "noise of different colors has different vectors");
    for (const batch of [8, 3]) {
      const found = await vectors(batch, files.toReversed());
      for (const { id } of files) assert.deepEqual(found.get(id), expected.get(id), `${id}, batch ${batch}`);
    }
    const mean = await vectors(8, files, true);
    assert.notDeepEqual(mean.get(files[0]!.id), expected.get(files[0]!.id));
    model.parameters.destroy();
    device.destroy();
  });
});

Deno.test("broken images are answered in their places, cameras and times come from the names", async () => {
  await withFolder(async (folder) => {
    const device = await Device.open();
    const model = buildTrainedModel(device, await tinyNetwork(device));
    const embedder = await Embedder.open(device, model, 4);
    const names = await writeNoise(folder, 6);
    await Deno.writeTextFile(join(folder, names[2]!), "no picture");
    const files = [...names, "absent.jpg"].map((id) => ({ id, path: join(folder, id) }));
    const found = await Array.fromAsync(embedImages(embedder, files, { workers: 1 }));
    assert.deepEqual(found.map((image) => "failed" in image), [
      false,
      false,
      true,
      false,
      false,
      false,
      true,
    ]);
    assert.match(reason(found[2]!), /JPEG/);
    assert.match(reason(found[6]!), /No such file/);
    const { camera, time, embedding } = found[4] as Exclude<EmbeddedImage, { failed: string }>;
    assert.deepEqual({ camera, time, length: embedding.length }, { camera: "2", time: 4, length: 12 });

    const none = embedImages(embedder, files.slice(6), { workers: 1 });
    assert.deepEqual((await Array.fromAsync(none)).map(reason), [reason(found[6]!)]);
    for await (const _ of embedImages(embedder, files, { workers: 1 })) break; // Ends its threads, or the test hangs.
    model.parameters.destroy();
    embedder.destroy();
    device.destroy();
  });
});

Deno.test("an image whose vector should have length one and has length zero is left out", async () => {
  await withFolder(async (folder) => {
    const device = await Device.open();
    const files = (await writeNoise(folder, 3)).map((id) => ({ id, path: join(folder, id) }));
    for (const [normalize, flip, failed] of [[true, false, 3], [true, true, 3], [false, false, 0]] as const) {
      const network = await tinyNetwork(device, 1, { normalize });
      const gamma = network.tensors.get("neck.gamma")!;
      const tensors = new Map(network.tensors).set("neck.gamma", { ...gamma, data: new Float32Array(12) });
      const model = buildTrainedModel(device, { ...network, tensors });
      const embedder = await Embedder.open(device, model, 4);
      const found = await Array.fromAsync(embedImages(embedder, files, { workers: 1, flip }));
      const reasons = found.filter((image) => "failed" in image).map(reason);
      assert.equal(reasons.length, failed, `normalize ${normalize}, flip ${flip}`);
      for (const text of reasons) assert.match(text, /features of it are all zero/);
      embedder.destroy();
      model.parameters.destroy();
    }
    device.destroy();
  });
});

Deno.test("inOrder() keeps the order and the bound, and throws where the work failed", async () => {
  let begun = 0, used = 0, most = 0;
  const work = async (item: number) => {
    most = Math.max(most, ++begun - used);
    await new Promise((resolve) => setTimeout(resolve, (item * 7) % 5));
    if (item === 12) throw new Error("twelve");
    return item;
  };
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const item of inOrder(Array(20).keys(), 4, work)) {
      seen.push(item);
      used++;
    }
  }, /twelve/);
  assert.deepEqual(seen, [...Array(12).keys()]);
  assert.equal(most, 5);
});

function reason(image: EmbeddedImage): string {
  return "failed" in image ? image.failed : "";
}
