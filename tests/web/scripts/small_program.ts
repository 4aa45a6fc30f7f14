/** Runs in the browser: opens the GPU through the library, records a small program, runs it. */
import { Device, f32, matmul, Program } from "../../../mod.ts";

/** The product of two matrices [2, 3] × [3, 2], and on what it was computed. */
export async function run(a: number[], b: number[]) {
  const device = await Device.open();
  const program = await Program.record(
    device,
    { a: f32([2, 3]), b: f32([3, 2]) },
    ({ a, b }) => ({ product: matmul(a, b) }),
  );
  const { outputs } = await program.submit({ a: Float32Array.from(a), b: Float32Array.from(b) });
  const { product } = await outputs;
  const { adapter, storage } = device;
  program.destroy();
  device.destroy();
  return { product: [...product], adapter, storage };
}
