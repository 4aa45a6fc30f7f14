/** Which results are written straight into textures, and that it makes no difference which. */
import assert from "node:assert/strict";
import {
  add,
  affine,
  Device,
  f32,
  type Precision,
  Program,
  Random,
  relu,
  type Tensor,
} from "../../engine/mod.ts";

const MEBIBYTE = 2 ** 20;
/** An image of so many mebibytes in f32. */
const image = (mebibytes: number) => [1, mebibytes * 64, 64, 16 * 4];
/** The first of these is small, the last large, and what lies between is staged. */
const SIZES = [1, 4, 16];

/** Two steps on each of three images of different sizes: each makes one result that the next kernel reads. */
async function record(device: Device, precision: Precision) {
  const specs = Object.fromEntries(SIZES.map((size) => [`x${size}`, f32(image(size))]));
  return await Program.record(device, specs, (inputs) => {
    const outputs = SIZES.map((size) => {
      const x = (inputs as Record<string, Tensor>)[`x${size}`];
      const y = relu(affine(x, 3, -1));
      return [`y${size}`, affine(add(y, y), 0.5, 0.25)] as const;
    });
    return Object.fromEntries(outputs);
  }, { precision });
}

Deno.test("the smallest and the largest results are written into textures, the others are staged", async () => {
  const device = await Device.open({ storage: "texture" });
  const program = await record(device, "f32");
  // affine's and relu's and add's results on the middle image.
  assert.equal(program.stagedBytes, 3 * 4 * MEBIBYTE);
  program.destroy();
  device.destroy();
  const buffers = await Device.open({ storage: "buffer" });
  const same = await record(buffers, "f32");
  assert.equal(same.stagedBytes, 0);
  same.destroy();
  buffers.destroy();
});

for (const precision of ["f32", "f16"] as const) {
  Deno.test(`results written into textures, or staged, are those in buffers, in ${precision}`, async () => {
    const random = new Random(1);
    const inputs = Object.fromEntries(
      SIZES.map((size) => [
        `x${size}`,
        Float32Array.from({ length: size * MEBIBYTE / 4 }, () => random.uniform(-1, 1)),
      ]),
    );
    const outputs = [];
    for (const storage of ["texture", "buffer"] as const) {
      const device = await Device.open({ storage });
      const program = await record(device, precision);
      outputs.push(await program.run(inputs));
      for (const owner of [program, device]) owner.destroy();
    }
    const [inTextures, inBuffers] = outputs;
    for (const size of SIZES) {
      const [a, b] = [inTextures[`y${size}`] as Float32Array, inBuffers[`y${size}`] as Float32Array];
      assert.equal(a.length, size * MEBIBYTE / 4);
      assert.equal(a.findIndex((value, i) => value !== b[i]), -1, `of ${size} MiB`);
    }
  });
}
