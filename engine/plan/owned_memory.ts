/** The buffers and textures that a program owns. */
import {
  inTexture,
  precisionOf,
  type Storage,
  TEXTURE_WIDTH,
  textureFormat,
  textureRowBytes,
} from "../../kernels/mod.ts";
import type { Device } from "../device.ts";

/** Bytes of a program's GPU memory by purpose. */
export interface MemoryUse {
  /** Intermediate results, after sharing. */
  temporaries: number;
  /** Inputs that the host uploads before every run. */
  inputs: number;
  /** Constants, uploaded once, when the program is recorded. */
  constants: number;
  /** Buffers through which outputs come back. */
  readback: number;
  /** All of them together. */
  total: number;
}

/** Part of a buffer that holds a value. */
export interface BufferLocation {
  readonly storage: "buffer" | "half-buffer" | "uniform";
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** A texture that holds a value. */
export interface TextureLocation {
  readonly storage: "texture" | "half-texture";
  readonly texture: GPUTexture;
  readonly view: GPUTextureView;
}

/** Where a value is stored. */
export type ValueLocation = BufferLocation | TextureLocation;

/** The same memory under another storage; the format of a texture fixes its storage. */
export function locationAs(location: ValueLocation, storage: Storage): ValueLocation {
  return "texture" in location || inTexture(storage) ? location : { ...location, storage };
}

/** Makes memory, counts it, and frees it. */
export class OwnedMemory {
  readonly #owned: (GPUBuffer | GPUTexture)[] = [];
  readonly #views = new Map<GPUTexture, GPUTextureView>();
  readonly use: MemoryUse = { temporaries: 0, inputs: 0, constants: 0, readback: 0, total: 0 };

  constructor(readonly device: Device) {}

  /** Memory of `size` bytes, for a texture a multiple of its rows. */
  protected make(size: number, storage: Storage, label: string): ValueLocation {
    const { gpu } = this.device;
    if (inTexture(storage)) {
      const texture = gpu.createTexture({
        label,
        size: [TEXTURE_WIDTH, size / textureRowBytes(precisionOf(storage))],
        format: textureFormat(precisionOf(storage)),
        usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC,
      });
      this.#owned.push(texture);
      return this.textureLocation(texture, storage);
    }
    const kind = storage === "uniform" ? GPUBufferUsage.UNIFORM : 0; // Kernels may write it, too.
    const buffer = gpu.createBuffer({
      label,
      size,
      usage: kind | GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    this.#owned.push(buffer);
    return { storage, buffer, offset: 0, size };
  }

  /** A texture with its view, which is made once. */
  protected textureLocation(texture: GPUTexture, storage: TextureLocation["storage"]): TextureLocation {
    let view = this.#views.get(texture);
    if (!view) this.#views.set(texture, view = texture.createView());
    return { storage, texture, view };
  }

  /** A buffer through which outputs come back to the host. */
  readback(bytes: number): GPUBuffer {
    const buffer = this.device.gpu.createBuffer({
      label: "readback",
      size: bytes,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    this.#owned.push(buffer);
    this.use.readback += bytes;
    this.use.total += bytes;
    return buffer;
  }

  /** Frees everything. */
  destroy(): void {
    for (const resource of this.#owned) resource.destroy();
    this.#owned.length = 0;
  }
}
