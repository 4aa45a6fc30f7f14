/**
 * Counts the WebGPU calls of any library in this process, by wrapping the methods of the prototypes. Install it before the
 * library is loaded.
 */

/** Counts so far. */
export interface GpuUse {
  readonly dispatches: number;
  readonly submits: number;
  /** Bytes of buffers and textures that are not destroyed; those left to the garbage collector still count. */
  readonly bytes: number;
  /** The maximum of {@link bytes}. */
  readonly peakBytes: number;
}

/** Starts to count. Returns a function that returns the counts so far. */
export function meterGpu(): () => GpuUse {
  const use = { dispatches: 0, submits: 0, bytes: 0, peakBytes: 0 };
  const sizes = new Map<unknown, number>();
  const created = (resource: unknown, bytes: number) => {
    sizes.set(resource, bytes);
    use.bytes += bytes;
    use.peakBytes = Math.max(use.peakBytes, use.bytes);
  };
  const destroyed = (resource: unknown) => {
    use.bytes -= sizes.get(resource) ?? 0;
    sizes.delete(resource);
  };
  after(GPUDevice.prototype, "createBuffer", (_, buffer) => created(buffer, (buffer as GPUBuffer).size));
  after(
    GPUDevice.prototype,
    "createTexture",
    (_, texture) => created(texture, textureBytes(texture as GPUTexture)),
  );
  after(GPUBuffer.prototype, "destroy", destroyed);
  after(GPUTexture.prototype, "destroy", destroyed);
  after(GPUQueue.prototype, "submit", () => use.submits++);
  after(GPUComputePassEncoder.prototype, "dispatchWorkgroups", () => use.dispatches++);
  after(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", () => use.dispatches++);
  return () => ({ ...use });
}

/** Calls `seen` after each call of a method. */
function after(prototype: object, name: string, seen: (self: unknown, result: unknown) => void): void {
  const method = Reflect.get(prototype, name) as (...args: unknown[]) => unknown;
  Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
    const result = method.apply(this, args);
    seen(this, result);
    return result;
  });
}

/** Bytes of the first level of a texture whose channels have equal sizes, such as rgba32float. */
export function textureBytes(
  { format, width, height, depthOrArrayLayers }: Pick<
    GPUTexture,
    "format" | "width" | "height" | "depthOrArrayLayers"
  >,
): number {
  const [, channels, bits] = /^(r|rg|rgba|bgra)(8|16|32)/.exec(format) ?? [];
  if (channels === undefined) {
    throw new TypeError(`Texels of ${format} are of a size not known here`);
  }
  return width * height * depthOrArrayLayers * channels.length * Number(bits) /
    8;
}
