/** The buffers and textures that a program owns. */
import {
  inTexture,
  precisionOf,
  type Storage,
  TEXTURE_WIDTH,
  textureFormat,
  textureHeight,
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

  /** Bytes that {@link make} takes for `size` bytes. */
  protected bytesMade(size: number, storage: Storage): number {
    if (!inTexture(storage)) return size;
    const row = textureRowBytes(precisionOf(storage));
    return textureHeight(size / row) * row;
  }

  /** Memory of `size` bytes, for a texture a multiple of its rows. */
  make(size: number, storage: Storage, label: string): ValueLocation {
    return inTexture(storage)
      ? this.makeTexture(size, storage, label)
      : this.makeBuffer(size, storage, label);
  }

  /** A texture of `size` bytes, which fill its rows. */
  makeTexture(size: number, storage: TextureLocation["storage"], label: string): TextureLocation {
    const texture = this.device.gpu.createTexture({
      label,
      size: [TEXTURE_WIDTH, textureHeight(size / textureRowBytes(precisionOf(storage)))],
      format: textureFormat(precisionOf(storage)),
      usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC,
    });
    this.#owned.push(texture);
    return this.textureLocation(texture, storage);
  }

  /** A buffer of `size` bytes. */
  makeBuffer(size: number, storage: BufferLocation["storage"], label: string): BufferLocation {
    const kind = storage === "uniform" ? GPUBufferUsage.UNIFORM : 0; // Kernels may write it, too.
    const buffer = this.device.gpu.createBuffer({
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

  /** A uniform buffer with these contents, each at a separate offset; equal ones share it. */
  uniforms(contents: readonly (ArrayBuffer | undefined)[]): (GPUBufferBinding | undefined)[] {
    const { gpu } = this.device;
    const step = gpu.limits.minUniformBufferOffsetAlignment;
    const places = new Map<string, { offset: number; data: ArrayBuffer }>();
    let bytes = 0;
    const placed = contents.map((data) => {
      if (data === undefined) return undefined;
      const key = new Uint32Array(data).join();
      let place = places.get(key);
      if (!place) {
        places.set(key, place = { offset: bytes, data });
        bytes += Math.ceil(data.byteLength / step) * step;
      }
      return place;
    });
    if (bytes === 0) return placed.map(() => undefined);
    const buffer = gpu.createBuffer({
      label: "constants",
      size: bytes,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.#owned.push(buffer);
    this.use.constants += bytes;
    this.use.total += bytes;
    const all = new Uint8Array(bytes);
    for (const { offset, data } of places.values()) all.set(new Uint8Array(data), offset);
    gpu.queue.writeBuffer(buffer, 0, all);
    return placed.map((place) => place && { buffer, offset: place.offset, size: place.data.byteLength });
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
