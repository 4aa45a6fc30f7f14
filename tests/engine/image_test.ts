import assert from "node:assert/strict";
import {
  Device,
  IMAGENET_COLOR,
  type ImageTransform,
  normalizedImages,
  packTransforms,
  Program,
  Random,
  u32,
} from "../../engine/mod.ts";
import { imageUint32 } from "../../kernels/mod.ts";

/** The definition, one pixel at a time. */
function reference(bytes: Uint8Array, height: number, width: number, transform: ImageTransform): number[] {
  const { mean, deviation } = IMAGENET_COLOR;
  const values: number[] = [];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const row = i + transform.dy;
      const column = (transform.mirrored ? width - 1 - j : j) + transform.dx;
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      for (let c = 0; c < 3; c++) {
        const value = bytes[(row * width + column) * 3 + c];
        values.push(inside ? (value / 255 - mean[c]) / deviation[c] : 0);
      }
    }
  }
  return values;
}

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`normalizedImages() equals its definition, mirrored and shifted, for odd sizes (${storage})`, async () => {
    const device = await Device.open({ storage });
    const random = new Random(7);
    for (const [height, width] of [[4, 8], [5, 7], [3, 3], [1, 1], [2, 6]]) {
      const transforms: ImageTransform[] = [
        { mirrored: false, dx: 0, dy: 0 },
        { mirrored: true, dx: 0, dy: 0 },
        { mirrored: false, dx: 2, dy: -1 },
        { mirrored: true, dx: -3, dy: 1 },
        { mirrored: true, dx: 100, dy: 0 },
      ];
      const n = transforms.length;
      const words = imageUint32(height, width);
      const bytes = Uint8Array.from({ length: n * words * 4 }, () => random.integer(256));
      const program = await Program.record(
        device,
        { pixels: u32([n, words]), transforms: u32([n, 4]) },
        ({ pixels, transforms }) => ({ images: normalizedImages(pixels, transforms, { height, width }) }),
      );
      const { images } = await program.run({
        pixels: new Uint32Array(bytes.buffer),
        transforms: packTransforms(transforms),
      });
      const expected = transforms.flatMap((transform, i) =>
        reference(bytes.subarray(i * words * 4), height, width, transform)
      );
      images.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-5, `element ${i}: ${value}`));
      program.destroy();
    }
    device.destroy();
  });
}
