import assert from "node:assert/strict";
import type { PixelStore } from "../../data/pixels.ts";
import { Device, Random } from "../../engine/mod.ts";
import { embedStored } from "../../eval/embed.ts";
import { CONVENTIONS } from "../../model/conventions.ts";
import { Embedder } from "../../model/embedder.ts";
import type { ReidModel } from "../../model/reid_model.ts";
import { untrainedModel } from "../../train/untrained.ts";
import { TINY_OPTIONS } from "../train/tiny_run.ts";

const { imageHeight: height, imageWidth: width } = TINY_OPTIONS;
const IMAGES = 5;

/** Images of noise and, after them, their mirror images. */
function noiseAndItsMirror(): PixelStore {
  const random = new Random(5);
  const stride = height * width * 3;
  const images = Array.from(
    { length: IMAGES },
    () => Uint8Array.from({ length: stride }, () => random.integer(256)),
  );
  const mirrored = images.map((image) =>
    image.map((_, at) => {
      const channel = at % 3, column = Math.floor(at / 3) % width, row = Math.floor(at / 3 / width);
      return image[(row * width + width - 1 - column) * 3 + channel];
    })
  );
  const all = [...images, ...mirrored];
  const store: Partial<PixelStore> = {
    height,
    width,
    stride,
    usable: all.map(() => true),
    count: all.length,
    batch: (indices, out) => Array.from(indices).forEach((index, i) => out.set(all[index], i * stride)),
  };
  return store as PixelStore;
}

Deno.test("flip-averaged embeddings are the mean of those of an image and its mirror image, of length one", async () => {
  const device = await Device.open();
  const store = noiseAndItsMirror();
  const spec = { ...TINY_OPTIONS, ...CONVENTIONS.own, momentum: 0.9, identities: 0 };
  const indices = Array.from({ length: IMAGES }, (_, i) => i);
  const check = async (model: ReidModel) => {
    const embedder = await Embedder.open(device, model, 2); // Whole batches and a short one.
    const size = model.embeddingSize;
    const plain = await embedStored(embedder, store, [...indices, ...indices.map((i) => IMAGES + i)]);
    const done: number[] = [];
    const flipped = await embedStored(embedder, store, indices, {
      flip: true,
      onProgress: (n) => done.push(n),
    });
    assert.deepEqual(done, [2, 4, 5]);
    let differs = 0;
    for (const i of indices) {
      const [image, mirror] = [i, IMAGES + i].map((at) => plain.subarray(at * size, (at + 1) * size));
      const mean = Array.from(image, (x, d) => (x + mirror[d]) / 2);
      const length = model.spec.normalize ? Math.hypot(...mean) : 1;
      mean.forEach((x, d) => {
        assert.ok(Math.abs(x / length - flipped[i * size + d]) < 1e-5 * Math.max(1, Math.abs(x)));
        differs = Math.max(differs, Math.abs(image[d] - mirror[d]));
      });
    }
    assert.ok(differs > 1e-3, "the images and their mirror images have the same embeddings");
    const again = await embedStored(embedder, store, indices.map((i) => IMAGES + i), { flip: true });
    again.forEach((x, at) => assert.ok(Math.abs(x - flipped[at]) < 1e-5 * Math.max(1, Math.abs(x))));
    embedder.destroy();
    model.parameters.destroy();
  };
  try {
    await check(await untrainedModel(device, spec, 7, store));
    await check(await untrainedModel(device, { ...spec, normalize: false }, 7, store));
  } finally {
    device.destroy();
  }
});
