/** Copies of what lies in buffers, for the host. */
import type { Device } from "./device.ts";
import type { FlatBuffer } from "./flat_buffer.ts";

/**
 * Copies ranges of buffers to the host, one after another, and gives the copy to `use`; it is gone afterward.
 *
 * @param ranges called once; each is `bytes` from `offset` on, 0 by default.
 * @throws {DeviceLostError} when the device is gone.
 * @throws {OutOfMemoryError} when the GPU has no memory for the copy.
 * @throws {GpuError} when WebGPU refuses it, or refused what the values come from.
 */
export async function copyBack<T>(
  device: Device,
  ranges: () => readonly (FlatBuffer & { readonly offset?: number })[],
  use: (mapped: ArrayBuffer) => T,
): Promise<T> {
  const { gpu } = device;
  let staging: GPUBuffer | undefined;
  try {
    const copy = await device.guard("Cannot read the parameters", () => {
      const sources = ranges();
      staging = gpu.createBuffer({
        size: sources.reduce((sum, { bytes }) => sum + bytes, 0),
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      });
      const encoder = gpu.createCommandEncoder();
      let end = 0;
      for (const { buffer, offset = 0, bytes } of sources) {
        encoder.copyBufferToBuffer(buffer, offset, staging, end, bytes);
        end += bytes;
      }
      gpu.queue.submit([encoder.finish()]);
      return staging;
    });
    return await device.readBack(copy, use);
  } finally {
    staging?.destroy();
  }
}
