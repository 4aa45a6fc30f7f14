import assert from "node:assert/strict";
import { backward, Device, f32, maxPool2d, Program, ShapeError, sum } from "../../engine/mod.ts";

const WINDOWS = { size: 2, stride: 1, padding: { top: 0, bottom: 0, left: 1, right: 0 } };

/** The pool of one image [1, 2, 3, 1], and the gradient of its sum. */
async function pool(device: Device, image: readonly number[], geometry = WINDOWS) {
  const inputs = { x: f32([1, 2, image.length / 2, 1], { differentiable: true }) };
  const program = await Program.record(device, inputs, ({ x }) => {
    const y = maxPool2d(x, geometry);
    const gradient = backward(sum(y)).of(x);
    assert.ok(gradient);
    return { y, gradient };
  });
  try {
    const { y, gradient } = await program.run({ x: image });
    return { y: [...y], gradient: [...gradient] };
  } finally {
    program.destroy();
  }
}

Deno.test("maxPool2d() lets NaN through, and the first NaN of a window takes the gradient", async () => {
  for (const storage of ["buffer", "texture"] as const) {
    const device = await Device.open({ storage });
    try {
      // Windows of two columns: padding and a, a and b, b and c.
      const { y, gradient } = await pool(device, [1, NaN, 7, NaN, Infinity, -7]);
      assert.deepEqual(y, [NaN, NaN, NaN]);
      assert.deepEqual(gradient, [0, 2, 0, 1, 0, 0]);
      const low = await pool(device, [-Infinity, -Infinity, -1, -Infinity, -2, -1]);
      assert.deepEqual(low.y, [-Infinity, -2, -1]);
      assert.deepEqual(low.gradient, [1, 0, 1, 0, 1, 0]);
    } finally {
      device.destroy();
    }
  }
});

Deno.test("maxPool2d() refuses a window that may hold nothing but padding, and one larger than the image", async () => {
  const device = await Device.open();
  try {
    const wide = { ...WINDOWS, padding: { ...WINDOWS.padding, left: 2 } };
    await assert.rejects(pool(device, [1, 2, 3, 4], wide), ShapeError);
    await assert.rejects(pool(device, [1, 2, 3, 4], { ...WINDOWS, size: 3 }), ShapeError);
  } finally {
    device.destroy();
  }
});
