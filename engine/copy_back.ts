/** Copies of what lies in buffers and textures, for the host. */
import { TEXTURE_WIDTH } from "../kernels/mod.ts";
import type { Device } from "./device.ts";

/** Bytes of a buffer, from `offset` on (0 by default), or those of whole rows of a texture. */
export type CopiedRange =
  | { readonly buffer: GPUBuffer; readonly offset?: number; readonly bytes: number }
  | { readonly texture: GPUTexture; readonly bytesPerRow: number; readonly bytes: number };

/**
 * Copies ranges to the host, one after another, and gives the copy to `use`; it is gone afterward.
 *
 * @param what an error begins with it.
 * @param ranges called once.
 * @throws {DeviceLostError} when the device is gone.
 * @throws {OutOfMemoryError} when the GPU has no memory for the copy.
 * @throws {GpuError} when WebGPU refuses it, or refused what the values come from.
 */
export async function copyBack<T>(
  device: Device,
  what: string,
  ranges: () => readonly CopiedRange[],
  use: (mapped: ArrayBuffer) => T,
): Promise<T> {
  const { gpu } = device;
  let staging: GPUBuffer | undefined;
  try {
    const copy = await device.guard(what, () => {
      const sources = ranges();
      staging = gpu.createBuffer({
        size: sources.reduce((sum, { bytes }) => sum + bytes, 0),
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      });
      const encoder = gpu.createCommandEncoder();
      let end = 0;
      for (const source of sources) {
        const { bytes } = source;
        if ("buffer" in source) {
          encoder.copyBufferToBuffer(source.buffer, source.offset ?? 0, staging, end, bytes);
        } else {
          const { texture, bytesPerRow } = source;
          const to = { buffer: staging, offset: end, bytesPerRow };
          encoder.copyTextureToBuffer({ texture }, to, [TEXTURE_WIDTH, bytes / bytesPerRow]);
        }
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
