import assert from "node:assert/strict";
import { augmentedBatch, drawAugmentations } from "../../data/augmentation/augmentation.ts";
import {
  type Augmentation,
  AUGMENTATION_NUMBERS,
  type AugmentedBatch,
  augmentedImages,
  Device,
  f32,
  normalizedImages,
  packAugmentations,
  packTransforms,
  Program,
  Random,
  SAME_COLORS,
  u32,
} from "../../engine/mod.ts";
import { imageUint32 } from "../../kernels/mod.ts";
import { augmentReference } from "../reference/augment.ts";

const WHOLE: Augmentation = {
  crop: { top: 0, left: 0, height: 7, width: 5 },
  mirrored: false,
  colors: SAME_COLORS,
  erased: { top: 0, left: 0, height: 0, width: 0 },
  noise: 0,
};

/** Images of noise, packed. */
function noiseImages(
  random: Random,
  n: number,
  { height, width }: AugmentedBatch["source"],
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: n * imageUint32(height, width) * 4 }, () => random.integer(256));
}

async function onDevice(
  device: Device,
  bytes: Uint8Array<ArrayBuffer>,
  augmentations: readonly Augmentation[],
  batch: AugmentedBatch,
): Promise<Float32Array> {
  const n = augmentations.length;
  const words = imageUint32(batch.source.height, batch.source.width);
  const program = await Program.record(
    device,
    { pixels: u32([n, words]), parameters: f32([n, AUGMENTATION_NUMBERS]) },
    ({ pixels, parameters }) => ({ images: augmentedImages(pixels, parameters, batch) }),
  );
  const { images } = await program.run({
    pixels: new Uint32Array(bytes.buffer),
    parameters: packAugmentations(augmentations, batch),
  });
  program.destroy();
  return images;
}

/** Height and width of source and result: equal, smaller, larger, stretched, tiny, a width that is no multiple of 4. */
const SIZES: readonly (readonly [number, number, number, number])[] = [
  [16, 8, 16, 8],
  [13, 7, 13, 7],
  [31, 13, 16, 8],
  [5, 6, 17, 9],
  [9, 40, 21, 6],
  [1, 1, 3, 5],
  [3, 2, 1, 1],
];

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`augmentedImages() equals its definition in f64 for random parameters (${storage})`, async () => {
    const device = await Device.open({ storage });
    const random = new Random(5);
    for (const [height, width, toHeight, toWidth] of SIZES) {
      for (const [eraseFill, zoom] of [["mean", 0], ["noise", 0.4]] as const) {
        const settings = { flip: 0.5, shift: 2, zoom, erase: 0.5, eraseFill, colorJitter: 1.5 };
        const batch = augmentedBatch(settings, { height, width }, { height: toHeight, width: toWidth });
        const n = 12;
        const augmentations = drawAugmentations(random, n, settings, batch);
        const bytes = noiseImages(random, n, batch.source);
        const images = await onDevice(device, bytes, augmentations, batch);
        const stride = bytes.length / n;
        const expected = augmentations.flatMap((each, i) =>
          augmentReference(bytes.subarray(i * stride), each, batch)
        );
        assert.equal(images.length, expected.length);
        images.forEach((value, i) => {
          const what = `${height}×${width} to ${toHeight}×${toWidth}, zoom ${zoom}, element ${i}`;
          assert.ok(Math.abs(value - expected[i]) < 1e-4, `${what}: ${value} in place of ${expected[i]}`);
        });
      }
    }
    device.destroy();
  });

  Deno.test(`augmentedImages() gives the bits of normalizedImages() where it only moves (${storage})`, async () => {
    const device = await Device.open({ storage });
    const random = new Random(6);
    const size = { height: 9, width: 7 };
    const moves = [[0, 0, false], [0, 0, true], [3, -2, true], [-1, 4, false], [0, 90, true]] as const;
    const bytes = noiseImages(random, moves.length, size);
    const batch: AugmentedBatch = { source: size, size, fill: "mean" };
    const augmentations = moves.map(([top, left, mirrored]) => ({
      ...WHOLE,
      crop: { top, left, ...size },
      mirrored,
    }));
    const program = await Program.record(
      device,
      { pixels: u32([moves.length, imageUint32(9, 7)]), transforms: u32([moves.length, 4]) },
      ({ pixels, transforms }) => ({ images: normalizedImages(pixels, transforms, size) }),
    );
    const { images } = await program.run({
      pixels: new Uint32Array(bytes.buffer),
      transforms: packTransforms(moves.map(([dy, dx, mirrored]) => ({ mirrored, dx, dy }))),
    });
    assert.deepEqual(await onDevice(device, bytes, augmentations, batch), images);
    // Resampling at whole pixels changes nothing either.
    assert.deepEqual(await onDevice(device, bytes, augmentations, { ...batch, largestStep: 1 }), images);
    program.destroy();
    device.destroy();
  });
}

Deno.test("packAugmentations() refuses a crop beyond what the batch was declared with", () => {
  const size = { height: 7, width: 5 };
  const moved = { ...WHOLE, crop: { ...WHOLE.crop, top: 0.5 } };
  assert.throws(() => packAugmentations([moved], { source: size, size, fill: "mean" }), /is not resampled/);
  const smaller = { ...WHOLE, crop: { ...WHOLE.crop, height: 9 } };
  const batch: AugmentedBatch = { source: size, size, fill: "mean", largestStep: 1.2 };
  assert.throws(() => packAugmentations([smaller], batch), /the largest step is 1.2/);
});
