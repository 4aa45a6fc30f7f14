import assert from "node:assert/strict";
import { Device, normalizedImages, packTransforms, Program, Random, u32, UNMOVED } from "../../engine/mod.ts";
import { imageUint32 } from "../../kernels/mod.ts";
import type { ReidModel } from "../../model/reid_model.ts";
import { initialModel } from "../../train/from_options.ts";
import { openTinyRun } from "../train/tiny_run.ts";

const SIZE = { height: 32, width: 32 };
const IMAGES = 3;

/** Blocks of MobileNetV2 0.5, from 1, that add to their input: all of a stage but its first. */
const RESIDUAL = [3, 5, 6, 8, 9, 10, 12, 13, 15, 16];
/** Those that cannot: they halve the image. */
const STRIDED = [2, 4, 7, 14];

/** A run's network; at this width block 4, of stride 2, has as many channels behind as before it, and adds nothing. */
function openModel(device: Device): ReidModel {
  const spec = {
    imageHeight: 32,
    imageWidth: 32,
    embeddingSize: 0,
    neck: "embedding",
    testFeature: "after",
    normalize: true,
    identities: 0,
  } as const;
  const norm = { padding: "same", epsilon: 1e-3, momentum: 0.9, color: "imagenet" } as const;
  return initialModel(device, { ...spec, ...norm, width: 0.5 }, 1);
}

/** The network's embeddings of batches of images, as in training. */
function recordEmbeddings(device: Device, model: ReidModel) {
  return Program.record(
    device,
    { pixels: u32([IMAGES, imageUint32(SIZE.height, SIZE.width)]), transforms: u32([IMAGES, 4]) },
    ({ pixels, transforms }) => ({
      y: model.embed(model.features(normalizedImages(pixels, transforms, SIZE), "training"), "training"),
    }),
  );
}

Deno.test("at first residual blocks hand on their input, and all others take part", async () => {
  const device = await Device.open();
  const model = openModel(device);
  const program = await recordEmbeddings(device, model);
  const random = new Random(1);
  const batch = {
    pixels: Uint32Array.from(
      { length: IMAGES * imageUint32(SIZE.height, SIZE.width) },
      () => random.uint32(),
    ),
    transforms: packTransforms(new Array(IMAGES).fill(UNMOVED)),
  };
  try {
    const { y: before } = await program.run(batch);
    const weights = (await model.parameters.read()).get("weights")!;
    for (let block = 1; block <= 17; block++) {
      const filter = model.parameters.get(`block${block}.depthwise.weight`)!;
      const kept = weights.get(filter)!;
      model.parameters.write(filter, kept.map(() => random.normal()));
      const { y } = await program.run(batch);
      const takesPart = y.some((value, i) => value !== before[i]);
      assert.equal(takesPart, !RESIDUAL.includes(block), `block ${block}`);
      model.parameters.write(filter, kept);
    }
  } finally {
    program.destroy();
    model.parameters.destroy();
    device.destroy();
  }
});

Deno.test("a run begins with silent residual blocks, whatever its precision", async () => {
  const device = await Device.open();
  try {
    for (const precision of ["f32", "f16"] as const) {
      const run = await openTinyRun(device, { precision });
      const { tensors } = await run.checkpoint();
      for (let block = 1; block <= 17; block++) {
        const silent = !STRIDED.includes(block); // So narrow that all blocks have equally many channels.
        const gamma = tensors.get(`block${block}.project.gamma`)!.data as Float32Array;
        assert.ok(gamma.every((value) => value === (silent ? 0 : 1)), `block ${block} in ${precision}`);
      }
      run.destroy();
    }
  } finally {
    device.destroy();
  }
});
