/**
 * One dispatch with its own memory, run many times in a row, for benchmarks and probes. Waiting for the
 * GPU costs milliseconds, so a single run cannot be timed; a row of runs in one submit can.
 */
import {
  type Binding,
  type Dispatch,
  elementCount,
  inTexture,
  type Precision,
  precisionOf,
  type Storage,
  tensorBytes,
  TEXTURE_WIDTH,
  textureFormat,
  textureHeight,
  textureRowBytes,
  uniformVec4s,
  VEC4_BYTES,
} from "../../kernels/mod.ts";
import type { Device } from "../device.ts";
import { LimitError } from "../errors.ts";
import { numberToHalf } from "../half.ts";
import { Random } from "../random.ts";

/** Returns milliseconds since some moment: wall time, or processor time where that is more exact. */
export type Clock = () => number;

/** The time that passes. */
export const wallClock: Clock = (): number => performance.now();

/** The tensor bound to one name: its shape, and if needed its storage and values. */
export interface Operand {
  /** Size of each axis, without padding. */
  readonly shape: readonly number[];
  /** By default f32 in the device's storage, as in a program. Results are always in buffers. */
  readonly storage?: Storage;
  /** Values of the array in memory, padding included; f32 operands are filled with random numbers otherwise. */
  readonly values?: ArrayLike<number>;
}

/** Operands by the names of a dispatch's bindings. A shape stands for an operand with defaults. */
export type Operands = Readonly<Record<string, readonly number[] | Operand>>;

/** Random numbers are made once per operand and repeated: a megabyte of them is as good as a gigabyte. */
const RANDOM_BYTES = 1 << 20;

/** A dispatch bound to memory. Make one with {@link DispatchTimer.make}; {@link DispatchTimer.destroy} frees it. */
export class DispatchTimer {
  readonly #device: Device;
  readonly #pipeline: GPUComputePipeline;
  readonly #bindGroup: GPUBindGroup;
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  readonly #owned: readonly (GPUBuffer | GPUTexture)[];

  private constructor(
    device: Device,
    readonly dispatch: Dispatch,
    pipeline: GPUComputePipeline,
    bindGroup: GPUBindGroup,
    buffers: ReadonlyMap<string, GPUBuffer>,
    owned: readonly (GPUBuffer | GPUTexture)[],
  ) {
    this.#device = device;
    this.#pipeline = pipeline;
    this.#bindGroup = bindGroup;
    this.#buffers = buffers;
    this.#owned = owned;
  }

  /**
   * Makes memory for the operands, fills it, and builds the pipeline.
   *
   * @throws {RangeError} when a binding has no operand.
   * @throws {LimitError} when an operand is larger than the adapter allows.
   * @throws {GpuError} when WebGPU refuses the shader or the memory.
   */
  static async make(device: Device, dispatch: Dispatch, operands: Operands): Promise<DispatchTimer> {
    const owned: (GPUBuffer | GPUTexture)[] = [];
    const buffers = new Map<string, GPUBuffer>();
    try {
      return await device.guard(`Cannot prepare ${dispatch.kernel}`, () => {
        const encoder = device.gpu.createCommandEncoder();
        const randoms = new Map<Precision, GPUBuffer>();
        const random = (precision: Precision) => {
          const buffer = randoms.get(precision) ?? randomNumbers(device, precision);
          randoms.set(precision, buffer);
          owned.push(buffer);
          return buffer;
        };
        const storages: Storage[] = [];
        const entries = dispatch.bindings.map((binding, index): GPUBindGroupEntry => {
          const operand = asOperand(operands[binding.name], dispatch.kernel, binding.name);
          const storage = timedStorage(device, binding, operand.storage);
          storages.push(storage);
          const bytes = operandBytes(device, binding, operand, storage);
          const buffer = device.gpu.createBuffer({
            label: binding.name,
            size: bytes,
            usage: (storage === "uniform" ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE) |
              GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
          });
          owned.push(buffer);
          fill(device, encoder, binding, operand, buffer, precisionOf(storage), random);
          if (!inTexture(storage)) {
            buffers.set(binding.name, buffer);
            return { binding: index, resource: { buffer } };
          }
          const texture = device.gpu.createTexture({
            label: binding.name,
            size: [TEXTURE_WIDTH, textureHeight(bytes / textureRowBytes(precisionOf(storage)))],
            format: textureFormat(precisionOf(storage)),
            usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST,
          });
          owned.push(texture);
          copyToTexture(encoder, buffer, texture, textureRowBytes(precisionOf(storage)));
          return { binding: index, resource: texture.createView() };
        });
        device.gpu.queue.submit([encoder.finish()]);
        for (const buffer of device.pipelines.uniformBuffers(dispatch)) {
          owned.push(buffer);
          entries.push({ binding: entries.length, resource: { buffer } });
        }
        const bindGroup = device.gpu.createBindGroup({
          layout: device.pipelines.layout(dispatch, storages),
          entries,
        });
        const pipeline = device.pipelines.pipeline(dispatch, storages);
        return new DispatchTimer(device, dispatch, pipeline, bindGroup, buffers, owned);
      });
    } catch (error) {
      for (const resource of owned) resource.destroy();
      throw error;
    }
  }

  /**
   * Runs the dispatch `count` times in one submit and waits.
   *
   * @param clock by default wall time.
   * @param timestampWrites where the GPU notes its own time at the beginning and at the end.
   * @returns milliseconds, the wait's own time included.
   * @throws {DeviceLostError} when the device is gone.
   * @throws {GpuError} when WebGPU refuses it.
   */
  async run(
    count: number,
    clock: Clock = wallClock,
    timestampWrites?: GPUComputePassTimestampWrites,
  ): Promise<number> {
    const { gpu } = this.#device;
    const start = clock();
    this.#device.attempt(`Cannot run ${this.dispatch.kernel}`, () => {
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
      pass.setPipeline(this.#pipeline);
      pass.setBindGroup(0, this.#bindGroup);
      for (let i = 0; i < count; i++) pass.dispatchWorkgroups(...this.dispatch.workgroups);
      pass.end();
      gpu.queue.submit([encoder.finish()]);
    });
    await this.#device.idle();
    return clock() - start;
  }

  /** The contents of an operand that the dispatch writes, padding included. */
  async read(name: string): Promise<Float32Array<ArrayBuffer>> {
    const source = this.#buffers.get(name);
    if (!source) throw new RangeError(`${this.dispatch.kernel} has no buffer ${name}`);
    const { gpu } = this.#device;
    let staging: GPUBuffer | undefined;
    try {
      await this.#device.guard(`Cannot read ${name} of ${this.dispatch.kernel}`, () => {
        staging = gpu.createBuffer({
          size: source.size,
          usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
        });
        const encoder = gpu.createCommandEncoder();
        encoder.copyBufferToBuffer(source, 0, staging, 0, source.size);
        gpu.queue.submit([encoder.finish()]);
      });
      return await this.#device.readBack(staging!, (bytes) => new Float32Array(bytes.slice(0)));
    } finally {
      staging?.destroy();
    }
  }

  /** Frees the operands. */
  destroy(): void {
    for (const resource of this.#owned) resource.destroy();
  }
}

function asOperand(given: Operands[string] | undefined, kernel: string, name: string): Operand {
  if (given === undefined) throw new RangeError(`${kernel}: no operand is given for ${name}`);
  return "shape" in given ? given : { shape: given };
}

/** The storage of an operand while it is timed: results are in buffers, the rest as wanted. */
export function timedStorage(device: Device, binding: Binding, wanted: Storage = device.storage): Storage {
  const storage = binding.type === "u32" ? "buffer" : wanted;
  if (binding.access === "read") return storage;
  return precisionOf(storage) === "f16" ? "half-buffer" : "buffer";
}

/** Bytes of an operand's buffer; those that go to a texture fill its rows. */
function operandBytes(device: Device, binding: Binding, { shape }: Operand, storage: Storage): number {
  if (storage === "uniform") return uniformVec4s(binding.vec4s ?? 4) * VEC4_BYTES;
  const least = binding.type === "u32" ? 4 * elementCount(shape) : tensorBytes(shape, precisionOf(storage));
  const row = textureRowBytes(precisionOf(storage));
  const bytes = inTexture(storage) ? Math.ceil(least / row) * row : least;
  const { maxBufferSize, maxStorageBufferBindingSize, maxTextureDimension2D } = device.gpu.limits;
  const most = inTexture(storage)
    ? Math.min(maxBufferSize, maxTextureDimension2D * row)
    : Math.min(maxBufferSize, maxStorageBufferBindingSize);
  if (bytes > most) {
    throw new LimitError(`${binding.name} [${shape}] takes ${bytes} bytes in a ${storage}; here ${most} fit`);
  }
  return bytes;
}

function fill(
  device: Device,
  encoder: GPUCommandEncoder,
  binding: Binding,
  { values }: Operand,
  buffer: GPUBuffer,
  precision: Precision,
  randomOf: (precision: Precision) => GPUBuffer,
): void {
  if (values) {
    const data = binding.type === "u32" ? Uint32Array.from(values) : numbers(precision, values);
    device.gpu.queue.writeBuffer(buffer, 0, data);
  } else if (binding.type === "f32") {
    const random = randomOf(precision);
    for (let offset = 0; offset < buffer.size; offset += random.size) {
      encoder.copyBufferToBuffer(random, 0, buffer, offset, Math.min(random.size, buffer.size - offset));
    }
  }
}

function numbers(precision: Precision, values: ArrayLike<number>) {
  return precision === "f16" ? Uint16Array.from(values, numberToHalf) : Float32Array.from(values);
}

/** A buffer of numbers between 0 and 1 that are not special to any kernel. */
function randomNumbers(device: Device, precision: Precision): GPUBuffer {
  const random = new Random(1);
  const buffer = device.gpu.createBuffer({
    size: RANDOM_BYTES,
    usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const count = RANDOM_BYTES / (precision === "f16" ? 2 : 4);
  const values = Array.from({ length: count }, () => random.uniform(0.05, 0.95));
  device.gpu.queue.writeBuffer(buffer, 0, numbers(precision, values));
  return buffer;
}

function copyToTexture(
  encoder: GPUCommandEncoder,
  buffer: GPUBuffer,
  texture: GPUTexture,
  bytesPerRow: number,
): void {
  encoder.copyBufferToTexture(
    { buffer, bytesPerRow },
    { texture },
    [TEXTURE_WIDTH, buffer.size / bytesPerRow],
  );
}
