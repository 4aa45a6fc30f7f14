/**
 * Where the values of a program are: buffers and textures for a plan's slots, inputs and constants.
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
  textureRowBytes,
  uniformVec4s,
  VEC4_BYTES,
} from "../../kernels/mod.ts";
import type { Device } from "../device.ts";
import { EngineError, LimitError } from "../errors.ts";
import { texelRows } from "./texel_rows.ts";
import { type Recorded, valuesBound } from "../recorder.ts";
import { locationAs, OwnedMemory, type ValueLocation } from "./owned_memory.ts";
import { assignSlots, type Lifetime } from "./plan.ts";
import { type Span, spansOf } from "./spans.ts";
import { writtenDirectly } from "./texture_writes.ts";
import type { Value } from "../value.ts";

/** A tensor to be copied from its staging buffer into its texture before stage number `before`. */
export interface StagedCopy {
  readonly before: number;
  readonly from: GPUBuffer;
  readonly to: GPUTexture;
  readonly rows: number;
  readonly bytesPerRow: number;
}

/** The memory that a program owns, and the location of each value in it. */
export class Memory extends OwnedMemory {
  readonly #locations = new Map<Value, ValueLocation>();
  readonly #staging = new Map<Value, ValueLocation>();
  /** Results that are written where they are read, into textures. */
  #direct: ReadonlySet<Value> = new Set();
  /** Parameters that must be copied into their mirror textures before each run. */
  readonly mirrored: Set<Value> = new Set();
  /** Copies between stages. */
  readonly copies: StagedCopy[] = [];

  /** Decides where the values of the steps will be stored; allocates nothing yet. */
  constructor(device: Device, steps: readonly Recorded[]) {
    super(device);
    const read = steps.flatMap((step) => valuesBound(step, "read")).filter((value) => this.staged(value));
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
      // A value that no kernel reads, such as a loss for the host, stays in the buffer where it was written.
      if (firstRead === undefined) value.pinned ??= "buffer";
    }
    // A staged value lies in its buffer up to the stage that first reads it, and in its texture from there on.
    const staged = temporaries.flatMap((span) => {
      const stage = span.firstRead === undefined ? undefined : stageOf[span.firstRead];
      const copied = stage === undefined ? undefined : firstStep[stage];
      return this.staged(span.value) && stage !== undefined && copied !== undefined
        ? [{ span, stage, copied }]
        : [];
    });
    const copiedAt = new Map(staged.map(({ span, copied }) => [span, copied]));
    this.#assign(
      temporaries.map((span) => ({ ...span, first: copiedAt.get(span) ?? span.first })),
      ({ value }) => this.storage(value, "read"),
      this.#locations,
    );
    this.#assign(
      staged.map(({ span, copied }) => ({ ...span, last: copied - 1 })),
      () => "buffer",
      this.#staging,
    );
    for (const { span: { value }, stage } of staged) {
      const from = this.#staging.get(value), to = this.#locations.get(value);
      if (!from || !to || "texture" in from || "buffer" in to) {
        throw new EngineError(`A tensor [${value.shape}] has no buffer or no texture to be copied to`);
      }
      const bytesPerRow = textureRowBytes(precisionOf(to.storage));
      const rows = this.#size(value) / bytesPerRow;
      this.copies.push({ before: stage, from: from.buffer, to: to.texture, rows, bytesPerRow });
    }
    for (const { value } of spans) {
      if (value.origin.kind === "input" || value.origin.kind === "constant") this.#input(value);
    }
    this.use.total = this.use.temporaries + this.use.inputs + this.use.constants;
  }

  /** How a value is stored where a dispatch uses it this way. */
  storage(value: Value, access: Access): Storage {
    const storage = this.#kind(value, access);
    return value.precision === "f16" && storage !== "uniform" ? `half-${storage}` : storage;
  }

  #kind(value: Value, access: Access): "buffer" | "texture" | "uniform" {
    if (value.type === "u32" || value.placement || value.origin.kind === "flat") return "buffer";
    if (access !== "read" && !this.#direct.has(value)) return "buffer";
    if (value.pinned) return value.pinned;
    if (value.origin.kind === "parameter" && value.shape.length < 2) return "buffer";
    return this.device.storage;
  }

  /** Where a value is for this use. */
  location(value: Value, access: Access): ValueLocation {
    const storage = this.storage(value, access);
    if (value.origin.kind === "parameter") {
      const { parameter } = value.origin;
      if (storage === "texture") {
        this.mirrored.add(value);
        return this.textureLocation(parameter.set.mirror(parameter), storage);
      }
      const home = parameter.set.home(parameter);
      return { storage: "buffer", buffer: home.buffer, offset: home.offset, size: home.bytes };
    }
    if (value.origin.kind === "flat") {
      const { set, buffer, offset, filled } = value.origin;
      const flat = set.flat(buffer);
      return {
        storage: "buffer",
        buffer: flat.buffer,
        offset,
        size: filled.length > 0 ? value.bytes : flat.bytes,
      };
    }
    if (value.placement) {
      const { set, buffer, parameter } = value.placement;
      const flat = set.flat(buffer);
      return { storage: "buffer", buffer: flat.buffer, offset: parameter.offset, size: parameter.bytes };
    }
    if (value.within) {
      const whole = this.location(value.within.whole, access);
      return "buffer" in whole
        ? { ...whole, offset: whole.offset + value.within.offset, size: value.bytes }
        : whole;
    }
    const staged = access === "read" ? undefined : this.#staging.get(value);
    const location = staged ?? this.#locations.get(value);
    if (!location) throw new EngineError(`A tensor [${value.shape}] has no memory in this program`);
    return access === "read" ? location : locationAs(location, storage);
  }

  /** Where a value is after all steps and copies. */
  finalLocation(value: Value): ValueLocation {
    return this.#locations.get(value) ?? this.location(value, "write");
  }

  /** Writes host data, padded already, to an input. */
  write(value: Value, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void {
    const location = this.#locations.get(value);
    if (!location) return; // No dispatch reads this input.
    const { queue } = this.device.gpu;
    if ("buffer" in location) {
      queue.writeBuffer(location.buffer, location.offset, data);
      return;
    }
    const bytesPerRow = textureRowBytes(precisionOf(location.storage));
    for (const { origin, size, offset } of texelRows(value.vec4s)) {
      queue.writeTexture({ texture: location.texture, origin }, data, { offset, bytesPerRow }, size);
    }
  }

  /** Shares memory among the spans, and notes the location of each. */
  #assign(
    spans: readonly Span[],
    storage: (span: Span) => Storage,
    locations: Map<Value, ValueLocation>,
  ): void {
    const lifetimes = spans.map((span): Lifetime<Span, Storage> => {
      const { first, last } = span;
      // Bytes of a buffer are f32 for one value and f16 for the next; textures have a format.
      const pool = storage(span) === "half-buffer" ? "buffer" : storage(span);
      return { value: span, size: this.#size(span.value), first, last, pool };
    });
    for (const { size, pool, values } of assignSlots(lifetimes)) {
      let shared: ValueLocation | undefined;
      for (const span of values) {
        shared ??= this.make(size, pool, `[${span.value.shape}]`);
        locations.set(span.value, locationAs(shared, storage(span)));
      }
      this.use.temporaries += this.bytesMade(size, pool);
    }
  }

  /** Bytes of a value where it is stored; textures, and buffers staged for them, come in whole rows. */
  #size(value: Value): number {
    const storage = this.storage(value, "read");
    if (inTexture(storage)) {
      const row = textureRowBytes(precisionOf(storage));
      return Math.ceil(value.bytes / row) * row;
    }
    return storage === "uniform" ? uniformVec4s(value.vec4s) * VEC4_BYTES : value.bytes;
  }

  /** Refuses what the adapter cannot hold; the message names the worst. */
  #checkLimits(spans: readonly Span[]): void {
    const { limits } = this.device.gpu;
    const sizes = spans.map(({ value }) => {
      const storage = this.storage(value, "read");
      const most = Math.min(
        limits.maxStorageBufferBindingSize,
        limits.maxBufferSize,
        inTexture(storage)
          ? (limits.maxTextureDimension2D - 1) * textureRowBytes(precisionOf(storage)) // See textureHeight().
          : Infinity,
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

  #input(value: Value): void {
    const storage = this.storage(value, "read");
    const size = this.#size(value);
    const bytes = this.bytesMade(size, storage);
    this.#locations.set(value, this.make(size, storage, `[${value.shape}]`));
    if (value.origin.kind === "constant") {
      this.use.constants += bytes;
      this.write(value, value.origin.data);
    } else {
      this.use.inputs += bytes;
    }
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
