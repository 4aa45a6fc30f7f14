/**
 * Weights and running statistics, which outlive programs. All trainable parameters of a set lie one after another in one
 * flat buffer, their gradients in a second one of the same layout and each optimizer's moments in more, so that one
 * dispatch updates them all in place.
 */
import {
  elementCount,
  padRows,
  tensorBytes,
  TEXTURE_WIDTH,
  textureHeight,
  unpadRows,
  VEC4_BYTES,
  vec4s,
} from "../kernels/mod.ts";
import { checkNumbers, checkShape } from "./checks.ts";
import { type CopiedRange, copyBack } from "./copy_back.ts";
import type { Device } from "./device.ts";
import { EngineError } from "./errors.ts";
import { type FlatBuffer, makeFlatBuffer, PARAMETER_ALIGNMENT } from "./flat_buffer.ts";

const READING = "Cannot read the parameters";

/** A named array that lives as long as its {@link ParameterSet}. Programs use it like a tensor. */
export class Parameter {
  /** Use {@link ParameterSet.add}. */
  constructor(
    /** The set that owns it. */
    readonly set: ParameterSet,
    /** Unique in its set; checkpoints keep the parameter under it. */
    readonly name: string,
    /** Size of each axis. */
    readonly shape: readonly number[],
    /** Has a gradient and is updated by optimizers; otherwise it is state such as running statistics. */
    readonly trainable: boolean,
    /** Whether weight decay applies. */
    readonly decay: boolean,
    /** Offset in the set's flat buffer, in bytes. */
    readonly offset: number,
  ) {}

  /** Number of elements, without padding. */
  get count(): number {
    return elementCount(this.shape);
  }

  /** Bytes, padding of the last axis included. */
  get bytes(): number {
    return tensorBytes(this.shape);
  }

  /**
   * Copies the values to the host, row-major. {@linkcode ParameterSet.read} copies those of a whole set at once.
   *
   * @throws {EngineError} when the set was destroyed.
   * @throws {DeviceLostError} when the device is gone.
   * @throws {GpuError} when WebGPU refuses it, or refused what the values come from.
   */
  async read(): Promise<Float32Array<ArrayBuffer>> {
    return await copyBack(
      this.set.device,
      READING,
      () => [this.set.home(this)],
      (mapped) => unpadRows(new Float32Array(mapped, 0, vec4s(this.shape) * 4), this.shape),
    );
  }

  /** Overwrites the values, row-major; throws as {@linkcode ParameterSet.write} does. */
  write(values: ArrayLike<number>): void {
    this.set.write(this, values);
  }

  /** The values with rows padded. @throws {ShapeError} when they do not fill the shape. */
  padded(values: ArrayLike<number>): Float32Array<ArrayBuffer> {
    checkNumbers(`Parameter ${this.name}`, this.shape, values);
    return padRows(values, this.shape);
  }
}

/** A collection of parameters in flat buffers. */
export class ParameterSet {
  readonly #parameters = new Map<string, Parameter>();
  readonly #initial = new Map<Parameter, Float32Array<ArrayBuffer>>();
  readonly #flat = new Map<string, FlatBuffer>();
  readonly #mirrors = new Map<Parameter, GPUTexture>();
  #destroyed = false;
  #trainableBytes = 0;
  #stateBytes = 0;

  /** An empty set; nothing is allocated before its first use in a program. */
  constructor(
    /** Where the parameters live. */
    readonly device: Device,
  ) {}

  /**
   * Adds a parameter with its initial values, row-major.
   *
   * @throws {ShapeError} when the values do not fill the shape, or it is none.
   * @throws {EngineError} when the name is taken, or the set is already in use on the GPU or was destroyed.
   */
  add(
    name: string,
    shape: readonly number[],
    values: ArrayLike<number>,
    options: { trainable?: boolean; decay?: boolean } = {},
  ): Parameter {
    this.check(this.device);
    checkShape(`Parameter ${name}`, shape);
    if (this.#flat.size > 0) throw new EngineError(`Cannot add parameter ${name}: the set is already in use`);
    if (this.#parameters.has(name)) throw new EngineError(`Parameter ${name} exists already`);
    const { trainable = true, decay = true } = options;
    const offset = trainable ? this.#trainableBytes : this.#stateBytes;
    const parameter = new Parameter(this, name, shape, trainable, trainable && decay, offset);
    const initial = parameter.padded(values);
    const end = offset + Math.ceil(parameter.bytes / PARAMETER_ALIGNMENT) * PARAMETER_ALIGNMENT;
    if (trainable) this.#trainableBytes = end;
    else this.#stateBytes = end;
    this.#parameters.set(name, parameter);
    this.#initial.set(parameter, initial);
    return parameter;
  }

  /**
   * Does nothing where the set can be used on that device.
   *
   * @throws {EngineError} when it was destroyed or is on another one.
   */
  check(device: Device): void {
    const set = () => `The parameter set of ${this.parameters[0]?.name ?? "no parameters"}`;
    if (this.#destroyed) throw new EngineError(`${set()} was destroyed; make another one`);
    if (this.device !== device) {
      throw new EngineError(
        `${set()} is on another device: programs use those of the device that they are recorded on`,
      );
    }
  }

  /** All parameters, in the order in which they were added. */
  get parameters(): readonly Parameter[] {
    return [...this.#parameters.values()];
  }

  /** The parameter of this name, if there is one. */
  get(name: string): Parameter | undefined {
    return this.#parameters.get(name);
  }

  /** Number of scalars, without padding. */
  count(which: "all" | "trainable" | "state" = "all"): number {
    return this.parameters
      .filter((p) => which === "all" || p.trainable === (which === "trainable"))
      .reduce((sum, p) => sum + p.count, 0);
  }

  /** Bytes of one flat buffer over the trainable parameters. */
  get trainableBytes(): number {
    return Math.max(this.#trainableBytes, PARAMETER_ALIGNMENT);
  }

  /** Bytes that the set's state takes, 0 where it has none. */
  get stateBytes(): number {
    return this.#stateBytes;
  }

  /**
   * A flat buffer, made when it is first asked for: `weights` and `state`, filled with the initial values, or by any other
   * name a buffer of zeros in the layout of the weights, for gradients or moments.
   *
   * @throws {LimitError} when there are too many values for the adapter.
   * @throws {EngineError} when the set was destroyed.
   */
  flat(name: string): FlatBuffer {
    const known = this.#flat.get(name);
    if (known) return known;
    const flat = this.#allocate(name, name === "state" ? this.#stateBytes : this.#trainableBytes);
    if (name === "weights" || name === "state") this.#fill(name, flat);
    return flat;
  }

  /** Bytes of everything that the set holds on the GPU now. */
  get gpuBytes(): number {
    let bytes = 0;
    for (const flat of this.#flat.values()) bytes += flat.bytes;
    for (const { width, height } of this.#mirrors.values()) bytes += width * height * VEC4_BYTES;
    return bytes;
  }

  /** The buffer that holds a parameter, and its range there. */
  home(parameter: Parameter): { buffer: GPUBuffer; offset: number; bytes: number } {
    const { buffer } = this.flat(parameter.trainable ? "weights" : "state");
    return { buffer, offset: parameter.offset, bytes: parameter.bytes };
  }

  /** A texture that programs fill with the parameter's values before they read it. */
  mirror(parameter: Parameter): GPUTexture {
    const made = this.#mirrors.get(parameter);
    if (made) return made;
    const texture = this.device.gpu.createTexture({
      label: parameter.name,
      size: [TEXTURE_WIDTH, textureHeight(Math.ceil(vec4s(parameter.shape) / TEXTURE_WIDTH))],
      format: "rgba32float",
      usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST,
    });
    this.#mirrors.set(parameter, texture);
    this.device.onRefusal(() => {
      texture.destroy();
      this.#mirrors.delete(parameter);
    });
    return texture;
  }

  /**
   * Overwrites a parameter's values, row-major.
   *
   * @throws {ShapeError} when they do not fill the shape.
   * @throws {EngineError} when the parameter is of another set, or the set was destroyed.
   */
  write(parameter: Parameter, values: ArrayLike<number>): void {
    this.#write(parameter.trainable ? "weights" : "state", parameter, values);
  }

  /** Overwrites the part of a flat buffer of gradients or moments that belongs to a parameter. */
  writeTrainable(name: string, parameter: Parameter, values: ArrayLike<number>): void {
    this.#write(name, parameter, values);
  }

  /**
   * Copies every parameter, and the given trainable buffers, back to the host in one go.
   *
   * @returns per buffer name (`weights` holds state as well) the values by parameter, row-major.
   * @throws {DeviceLostError} when the device is gone.
   * @throws {OutOfMemoryError} when the GPU has no memory for the copy.
   * @throws {GpuError} when WebGPU refuses it, or refused what the values come from.
   */
  async read(...trainableBuffers: string[]): Promise<Map<string, Map<Parameter, Float32Array<ArrayBuffer>>>> {
    const names = ["weights", "state", ...trainableBuffers];
    let flats: FlatBuffer[] = [];
    const ranges = () => flats = names.map((name) => this.flat(name));
    return await copyBack(this.device, READING, ranges, (mapped) => {
      const result = new Map<string, Map<Parameter, Float32Array<ArrayBuffer>>>();
      let offset = 0;
      for (const [i, name] of names.entries()) {
        const isState = name === "state";
        const values = (isState ? result.get("weights") : undefined) ?? new Map();
        result.set(isState ? "weights" : name, values);
        for (const parameter of this.parameters) {
          if (parameter.trainable === isState) continue;
          const padded = new Float32Array(mapped, offset + parameter.offset, vec4s(parameter.shape) * 4);
          values.set(parameter, unpadRows(padded, parameter.shape));
        }
        offset += flats[i]?.bytes ?? 0;
      }
      return result;
    });
  }

  /**
   * Copies ranges of flat buffers to the host as they lie there, padding included: for sums with what lies in those of equal
   * sets. What is submitted later does not change the copies.
   *
   * @param ranges bytes, from 0 and to the end of the buffer where nothing else is said.
   * @throws as {@linkcode ParameterSet.read} does.
   */
  async readRanges(
    ...ranges: readonly { readonly buffer: string; readonly from?: number; readonly to?: number }[]
  ): Promise<Float32Array<ArrayBuffer>[]> {
    let sources: CopiedRange[] = [];
    return await copyBack(this.device, READING, () =>
      sources = ranges.map(({ buffer, from = 0, to }) => {
        const flat = this.flat(buffer);
        return { buffer: flat.buffer, offset: from, bytes: (to ?? flat.bytes) - from };
      }), (mapped) => {
      let end = 0;
      return sources.map(({ bytes }) => new Float32Array(mapped.slice(end, end += bytes)));
    });
  }

  /** Overwrites a range of a flat buffer, from that byte on. @throws {EngineError} when the set was destroyed. */
  writeRange(buffer: string, values: Float32Array<ArrayBuffer>, from = 0): void {
    this.device.attempt(`Cannot write ${buffer}`, () => {
      this.device.gpu.queue.writeBuffer(this.flat(buffer).buffer, from, values);
    });
  }

  /** Frees the GPU memory. The set cannot be used afterward. */
  destroy(): void {
    this.#destroyed = true;
    for (const flat of this.#flat.values()) flat.buffer.destroy();
    for (const texture of this.#mirrors.values()) texture.destroy();
    this.#flat.clear();
    this.#mirrors.clear();
  }

  #write(name: string, parameter: Parameter, values: ArrayLike<number>): void {
    if (parameter.set !== this) throw new EngineError(`Parameter ${parameter.name} belongs to another set`);
    const padded = parameter.padded(values);
    this.device.attempt(`Cannot write ${name} of parameter ${parameter.name}`, () => {
      this.device.gpu.queue.writeBuffer(this.flat(name).buffer, parameter.offset, padded);
    });
  }

  #fill(name: "weights" | "state", { buffer, bytes }: FlatBuffer): void {
    const values = new Float32Array(bytes / 4);
    for (const [parameter, initial] of this.#initial) {
      if (parameter.trainable === (name === "weights")) values.set(initial, parameter.offset / 4);
    }
    try {
      this.device.gpu.queue.writeBuffer(buffer, 0, values);
    } catch (error) {
      this.#forget(name); // Otherwise the next call would take it for filled.
      throw error;
    }
  }

  #allocate(name: string, needed: number): FlatBuffer {
    this.check(this.device);
    const flat = makeFlatBuffer(this.device, name, needed, this.count());
    this.#flat.set(name, flat);
    this.device.onRefusal(() => this.#forget(name));
    return flat;
  }

  #forget(name: string): void {
    this.#flat.get(name)?.buffer.destroy();
    this.#flat.delete(name);
  }
}
