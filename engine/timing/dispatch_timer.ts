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
  textureRowBytes,
  uniformVec4s,
  VEC4_BYTES,
} from "../../kernels/mod.ts";
import { copyBack } from "../copy_back.ts";
import type { Device } from "../device.ts";
import { LimitError } from "../errors.ts";
import { numberToHalf } from "../half.ts";
import { OwnedMemory } from "../plan/owned_memory.ts";
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

/** What runs, and the memory that it runs on. */
interface Bound {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly memory: OwnedMemory;
  /** What {@link DispatchTimer.read} reads. */
  readonly buffers: ReadonlyMap<string, GPUBuffer>;
}

/** A dispatch bound to memory. Make one with {@link DispatchTimer.make}; {@link DispatchTimer.destroy} frees it. */
export class DispatchTimer {
  readonly #bound: Bound;

  private constructor(readonly dispatch: Dispatch, bound: Bound) {
    this.#bound = bound;
  }

  /**
   * Makes memory for the operands, fills it, and builds the pipeline.
   *
   * @throws {RangeError} when a binding has no operand.
   * @throws {LimitError} when an operand is larger than the adapter allows.
   * @throws {GpuError} when WebGPU refuses the shader or the memory.
   */
  static async make(device: Device, dispatch: Dispatch, operands: Operands): Promise<DispatchTimer> {
    const memory = new OwnedMemory(device);
    const buffers = new Map<string, GPUBuffer>();
    try {
      return await device.guard(`Cannot prepare ${dispatch.kernel}`, () => {
        const encoder = device.gpu.createCommandEncoder();
        const randoms = new Map<Precision, GPUBuffer>();
        const random = (precision: Precision) => {
          const buffer = randoms.get(precision) ?? randomNumbers(memory, precision);
          randoms.set(precision, buffer);
          return buffer;
        };
        const storages: Storage[] = [];
        const entries = dispatch.bindings.map((binding, index): GPUBindGroupEntry => {
          const operand = asOperand(operands[binding.name], dispatch.kernel, binding.name);
          const storage = timedStorage(device, binding, operand.storage);
          storages.push(storage);
          const bytes = operandBytes(device, binding, operand, storage);
          const { buffer } = memory.makeBuffer(bytes, inTexture(storage) ? "buffer" : storage, binding.name);
          fill(device, encoder, binding, operand, buffer, precisionOf(storage), random);
          if (!inTexture(storage)) {
            buffers.set(binding.name, buffer);
            return { binding: index, resource: { buffer } };
          }
          const { texture, view } = memory.makeTexture(bytes, storage, binding.name);
          const bytesPerRow = textureRowBytes(precisionOf(storage));
          const size = [TEXTURE_WIDTH, bytes / bytesPerRow];
          encoder.copyBufferToTexture({ buffer, bytesPerRow }, { texture }, size);
          return { binding: index, resource: view };
        });
        device.gpu.queue.submit([encoder.finish()]);
        const [constants] = memory.uniforms([device.pipelines.uniform(dispatch)]);
        if (constants) entries.push({ binding: entries.length, resource: constants });
        const bindGroup = device.gpu.createBindGroup({
          layout: device.pipelines.layout(dispatch, storages),
          entries,
        });
        const pipeline = device.pipelines.pipeline(dispatch, storages);
        return new DispatchTimer(dispatch, { pipeline, bindGroup, memory, buffers });
      });
    } catch (error) {
      memory.destroy();
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
    const { pipeline, bindGroup, memory: { device } } = this.#bound;
    const { gpu } = device;
    const start = clock();
    device.attempt(`Cannot run ${this.dispatch.kernel}`, () => {
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      for (let i = 0; i < count; i++) pass.dispatchWorkgroups(...this.dispatch.workgroups);
      pass.end();
      gpu.queue.submit([encoder.finish()]);
    });
    await device.idle();
    return clock() - start;
  }

  /** The contents of an operand that the dispatch writes, padding included. */
  async read(name: string): Promise<Float32Array<ArrayBuffer>> {
    const buffer = this.#bound.buffers.get(name);
    const { kernel } = this.dispatch;
    if (!buffer) throw new RangeError(`${kernel} has no buffer ${name}`);
    const range = { buffer, bytes: buffer.size };
    return await copyBack(
      this.#bound.memory.device,
      `Cannot read ${name} of ${kernel}`,
      () => [range],
      (bytes) => new Float32Array(bytes.slice(0)),
    );
  }

  /** Frees the operands. */
  destroy(): void {
    this.#bound.memory.destroy();
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
function randomNumbers(memory: OwnedMemory, precision: Precision): GPUBuffer {
  const random = new Random(1);
  const { buffer } = memory.makeBuffer(RANDOM_BYTES, "buffer", "random numbers");
  const count = RANDOM_BYTES / (precision === "f16" ? 2 : 4);
  const values = Array.from({ length: count }, () => random.uniform(0.05, 0.95));
  memory.device.gpu.queue.writeBuffer(buffer, 0, numbers(precision, values));
  return buffer;
}
