/**
 * Placing values: real buffers and textures for a plan's slots, inputs and constants.
 *
 * Where tensors live in textures, since software adapters read those 10 to 20 times faster than buffers, a kernel writes
 * most results into a staging buffer, which is copied into the tensor's texture before the first kernel reads it, and
 * the smallest and the largest straight into the texture: see texture_writes.ts.
 */
import {
  type Access,
  inTexture,
  precisionOf,
  type Storage,
  TEXTURE_WIDTH,
  textureFormat,
  textureRowBytes,
  VEC4_BYTES,
} from "../../kernels/mod.ts";
import type { Device } from "../device.ts";
import { LimitError } from "../errors.ts";
import { texelRows } from "../parameter.ts";
import { assignSlots, type Lifetime } from "./plan.ts";
import type { Recorded } from "../recorder.ts";
import { type Span, spansOf } from "./spans.ts";
import { writtenDirectly } from "./texture_writes.ts";
import type { Value } from "../value.ts";

/** Bytes of a program's GPU memory by purpose. */
export interface MemoryUse {
  /** Intermediate results, after sharing. */
  temporaries: number;
  /** What the host uploads before every run. */
  inputs: number;
  /** What was uploaded once, when the program was recorded. */
  constants: number;
  /** Buffers through which outputs come back. */
  readback: number;
  /** All of them together. */
  total: number;
}

/** A value's place. */
export type Place =
  | {
    readonly storage: "texture" | "half-texture";
    readonly texture: GPUTexture;
    readonly view: GPUTextureView;
  }
  | {
    readonly storage: "buffer" | "half-buffer" | "uniform";
    readonly buffer: GPUBuffer;
    readonly offset: number;
    readonly size: number;
  };

/** A tensor to be copied from its staging buffer into its texture before stage number `before`. */
export interface StagedCopy {
  readonly before: number;
  readonly from: GPUBuffer;
  readonly to: GPUTexture;
  readonly rows: number;
  readonly bytesPerRow: number;
}

/** The prelude declares uniforms as four vec4s where nothing else is said. */
const UNIFORM_BYTES = 4 * VEC4_BYTES;

/** The memory that a program owns, and the way from values to places. */
export class Memory {
  readonly #places = new Map<Value, Place>();
  readonly #staging = new Map<Value, Place>();
  readonly #views = new Map<GPUTexture, GPUTextureView>();
  readonly #owned: (GPUBuffer | GPUTexture)[] = [];
  /** Results that are written where they are read, into textures. */
  #direct: ReadonlySet<Value> = new Set();
  readonly use: MemoryUse = { temporaries: 0, inputs: 0, constants: 0, readback: 0, total: 0 };
  /** Parameters that must be copied into their mirror textures before each run. */
  readonly mirrored: Set<Value> = new Set();
  /** Copies between stages. */
  readonly copies: StagedCopy[] = [];

  /** Decides where what the steps touch is to lie; makes nothing yet. */
  constructor(readonly device: Device, steps: readonly Recorded[]) {
    const read = steps.flatMap(({ dispatch, values }) =>
      values.filter((value, i) => dispatch.bindings[i].access === "read" && this.staged(value))
    );
    this.#direct = writtenDirectly(
      steps,
      new Set(read),
      (value) => inTexture(this.storage(value, "read")),
      device.gpu.limits.maxStorageTexturesPerShaderStage,
    );
  }

  /** Whether a kernel writes a value to a buffer and others read it from a texture. */
  staged(value: Value): boolean {
    return value.origin.kind === "temporary" && inTexture(this.storage(value, "read")) &&
      !this.#direct.has(value);
  }

  /**
   * Makes memory for everything that the steps touch, in stages now.
   *
   * @throws {LimitError} when a value is larger than the adapter allows; nothing has been made then.
   */
  allocate(stages: readonly (readonly Recorded[])[], outputs: readonly Value[]): void {
    const spans = spansOf(stages.flat(), outputs);
    /** For every step, the number of its stage, and for every stage its first step. */
    const stageOf = stages.flatMap((stage, number) => stage.map(() => number));
    const firstStep = stages.map((_, number) => stageOf.indexOf(number));
    this.#checkLimits(spans);
    const temporaries = spans.filter(({ value }) => value.origin.kind === "temporary");
    for (const { value, firstRead } of temporaries) {
      // What no kernel reads, such as a loss on its way to the host, stays where it was written.
      if (firstRead === undefined) value.pinned ??= "buffer";
    }
    // A staged value lies in its buffer up to the stage that first reads it, and in its texture from there on.
    const copied = ({ firstRead }: Span) => firstStep[stageOf[firstRead!]];
    const staged = temporaries.filter((span) => this.staged(span.value));
    this.#assign(
      temporaries.map((span) => this.staged(span.value) ? { ...span, first: copied(span) } : span),
      (span) => this.storage(span.value, "read"),
      this.#places,
    );
    this.#assign(
      staged.map((span) => ({ ...span, last: copied(span) - 1 })),
      () => "buffer",
      this.#staging,
    );
    for (const { value, firstRead } of staged) {
      const from = this.#staging.get(value)! as Place & { buffer: GPUBuffer };
      const to = this.#places.get(value)! as Place & { texture: GPUTexture };
      const bytesPerRow = textureRowBytes(precisionOf(to.storage));
      const rows = this.#size(value) / bytesPerRow;
      this.copies.push({ before: stageOf[firstRead!], from: from.buffer, to: to.texture, rows, bytesPerRow });
    }
    for (const { value } of spans) {
      if (value.origin.kind === "input" || value.origin.kind === "constant") this.#input(value);
    }
    this.use.total = this.use.temporaries + this.use.inputs + this.use.constants;
  }

  /** How a value is stored where a dispatch uses it this way. */
  storage(value: Value, access: Access): Storage {
    const storage = this.#kind(value, access);
    return value.precision === "f16" ? `half-${storage as "buffer" | "texture"}` : storage;
  }

  #kind(value: Value, access: Access): "buffer" | "texture" | "uniform" {
    if (value.type === "u32" || value.placement || value.origin.kind === "flat") return "buffer";
    if (access !== "read" && !this.#direct.has(value)) return "buffer";
    if (value.pinned) return value.pinned;
    if (value.origin.kind === "parameter" && value.shape.length < 2) return "buffer";
    return this.device.storage;
  }

  /** Where a value lives for this use. */
  place(value: Value, access: Access): Place {
    const storage = this.storage(value, access);
    if (value.origin.kind === "parameter") {
      const { parameter } = value.origin;
      if (storage === "texture") {
        this.mirrored.add(value);
        return this.#texturePlace(parameter.set.mirror(parameter));
      }
      const home = parameter.set.home(parameter);
      return { storage: "buffer", buffer: home.buffer, offset: home.offset, size: home.bytes };
    }
    if (value.origin.kind === "flat") {
      const { set, buffer } = value.origin;
      const flat = set.flat(buffer);
      return { storage: "buffer", buffer: flat.buffer, offset: 0, size: flat.bytes };
    }
    if (value.placement) {
      const { set, buffer, parameter } = value.placement;
      const flat = set.trainableBuffer(buffer);
      return { storage: "buffer", buffer: flat.buffer, offset: parameter.offset, size: parameter.bytes };
    }
    if (access === "read") return this.#places.get(value)!;
    const place = this.#staging.get(value) ?? this.#places.get(value)!;
    return { ...place, storage: this.storage(value, access) } as Place;
  }

  /** Where a value lies once its steps and copies are done. */
  home(value: Value): Place {
    return this.#places.get(value) ?? this.place(value, "write");
  }

  /** Writes host data, padded already, to an input's place. */
  write(value: Value, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void {
    const place = this.#places.get(value);
    if (!place) return; // No dispatch reads this input.
    const { queue } = this.device.gpu;
    if ("buffer" in place) {
      queue.writeBuffer(place.buffer, place.offset, data);
      return;
    }
    for (const { origin, size, offset } of texelRows(value.vec4s)) {
      queue.writeTexture(
        { texture: place.texture, origin },
        data,
        { offset, bytesPerRow: textureRowBytes(precisionOf(place.storage)) },
        size,
      );
    }
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
    this.#places.clear();
  }

  /** Shares memory among the spans and remembers each one's place. */
  #assign(spans: readonly Span[], storage: (span: Span) => Storage, places: Map<Value, Place>): void {
    const lifetimes = spans.map((span, i): Lifetime => {
      const { first, last } = span;
      // Bytes of a buffer are f32 for one value and f16 for the next; textures have a format.
      const pool = storage(span) === "half-buffer" ? "buffer" : storage(span);
      return { value: i, size: this.#size(span.value), first, last, pool };
    });
    for (const slot of assignSlots(lifetimes)) {
      const place = this.#make(slot.size, slot.pool as Storage, spans[slot.values[0]].value);
      for (const i of slot.values) {
        places.set(spans[i].value, { ...place, storage: storage(spans[i]) } as Place);
      }
      this.use.temporaries += slot.size;
    }
  }

  /** Bytes of a value where it is stored; textures, and buffers staged for them, come in whole rows. */
  #size(value: Value): number {
    const storage = this.storage(value, "read");
    if (inTexture(storage)) {
      return Math.ceil(value.bytes / textureRowBytes(precisionOf(storage))) *
        textureRowBytes(precisionOf(storage));
    }
    return storage === "uniform" ? Math.max(UNIFORM_BYTES, value.bytes) : value.bytes;
  }

  /** Refuses what the adapter cannot hold, and tells of the worst. */
  #checkLimits(spans: readonly Span[]): void {
    const { limits } = this.device.gpu;
    const sizes = spans.map(({ value }) => {
      const storage = this.storage(value, "read");
      const most = Math.min(
        limits.maxStorageBufferBindingSize,
        limits.maxBufferSize,
        inTexture(storage) ? limits.maxTextureDimension2D * textureRowBytes(precisionOf(storage)) : Infinity,
      );
      const size = this.#size(value);
      return { shape: value.shape, size, most, times: size / most };
    });
    const tooLarge = sizes.filter(({ times }) => times > 1);
    if (tooLarge.length === 0) return;
    const worst = tooLarge.reduce((a, b) => b.times > a.times ? b : a);
    throw new LimitError(
      `A tensor of shape [${worst.shape}] takes ${mebibytes(worst.size)}, and this adapter holds at most ` +
        `${mebibytes(worst.most)} in one ${this.device.storage}. A batch ${
          Math.ceil(worst.times)
        } times smaller fits.`,
      tooLarge,
    );
  }

  #make(size: number, storage: Storage, value: Value): Place {
    const { gpu } = this.device;
    const label = `[${value.shape}]`;
    if (inTexture(storage)) {
      const texture = gpu.createTexture({
        label,
        size: [TEXTURE_WIDTH, size / textureRowBytes(precisionOf(storage))],
        format: textureFormat(precisionOf(storage)),
        usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC,
      });
      this.#owned.push(texture);
      return this.#texturePlace(texture, storage);
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

  #input(value: Value): void {
    const size = this.#size(value);
    this.#places.set(value, this.#make(size, this.storage(value, "read"), value));
    if (value.origin.kind === "constant") {
      this.use.constants += size;
      this.write(value, value.origin.data);
    } else {
      this.use.inputs += size;
    }
  }

  #texturePlace(texture: GPUTexture, storage: "texture" | "half-texture" = "texture"): Place {
    let view = this.#views.get(texture);
    if (!view) this.#views.set(texture, view = texture.createView());
    return { storage, texture, view };
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
