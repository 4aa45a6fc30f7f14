/** The buffers in which the parameters of a set lie one after another. */
import type { Device } from "./device.ts";
import { LimitError } from "./errors.ts";

/** Parameters start at multiples of this many bytes: WebGPU's largest alignment of a buffer binding. */
export const PARAMETER_ALIGNMENT = 256;

/** A buffer with room for every trainable parameter (or every state) of a set, at the parameters' offsets. */
export interface FlatBuffer {
  /** Usable as storage, and as source and target of copies. */
  readonly buffer: GPUBuffer;
  /** Its size; every parameter in it begins at a multiple of 256. */
  readonly bytes: number;
}

/** Makes one of at least `needed` bytes. @throws {LimitError} when there are too many values for the adapter. */
export function makeFlatBuffer(
  device: Device,
  label: string,
  needed: number,
  parameters: number,
): FlatBuffer {
  const bytes = Math.max(needed, PARAMETER_ALIGNMENT); // WebGPU has no empty bindings.
  const { maxBufferSize, maxStorageBufferBindingSize } = device.gpu.limits;
  const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  if (bytes > most) {
    const mebibytes = (size: number) => `${(size / 2 ** 20).toFixed(1)} MiB`;
    throw new LimitError(
      `The ${label} of a network with ${parameters} parameters take ${mebibytes(bytes)} in one buffer, and ` +
        `this adapter holds at most ${mebibytes(most)} in one. A narrower network fits.`,
    );
  }
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  return { buffer: device.gpu.createBuffer({ label, size: bytes, usage }), bytes };
}
