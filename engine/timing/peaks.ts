/** The peak rates of an adapter, measured by probes, to compare kernels with. */
import {
  copyProbe,
  type Cost,
  type Dispatch,
  fmaProbe,
  readProbe,
  TEXTURE_WIDTH,
  VEC4_BYTES,
  WORKGROUP,
} from "../../kernels/mod.ts";
import type { Device } from "../device.ts";
import { type Clock, DispatchTimer, type Operands, wallClock } from "./dispatch_timer.ts";
import { runsFor, timeDispatch, waitFloor } from "./timing.ts";

/** Peak rates of an adapter with tensors where this device keeps them. */
export interface Peaks {
  /** f32 operations a second in fused multiply-adds, each of which counts two. */
  readonly flops: number;
  /** Bytes a second, read plus written, of a kernel that copies. */
  readonly copyBandwidth: number;
  /** Bytes a second of a kernel that reads and sums. */
  readonly readBandwidth: number;
  /** Bytes a second, read plus written, of copies into textures; undefined where tensors live in buffers. */
  readonly stagingBandwidth: number | undefined;
  /** Milliseconds of waiting for a GPU that has nothing to do. */
  readonly waitFloor: number;
  /** Milliseconds of a dispatch that does next to nothing, after another of its kind. */
  readonly dispatchCost: number;
}

/** How many vec4s {@link measurePeaks} moves: more than a CPU's caches hold, and more than a GPU's. */
const LENGTH4 = { software: 1 << 21, hardware: 1 << 23 };

/**
 * Measures the adapter, about half a second for each figure. A peak is the best of several timings, so that other work
 * on the machine matters little.
 *
 * @param clock the clock of the rates; by default wall time.
 * @throws {EngineError} when the device is lost meanwhile.
 */
export async function measurePeaks(device: Device, clock: Clock = wallClock): Promise<Peaks> {
  const floors = { wall: await waitFloor(device), clock: await waitFloor(device, clock) };
  const rate = async (dispatch: Dispatch, operands: Operands, of: keyof Cost) =>
    dispatch.cost[of] / await seconds(device, dispatch, operands, clock, floors);
  const threads = device.target.parallelism * 4;
  const seed = { shape: [4], storage: "uniform", values: [0.5, 0.25, 0.125, 0.75] } as const;
  const order = device.adapter.software ? "by-thread" : "by-workgroup";
  const length4 = LENGTH4[device.adapter.software ? "software" : "hardware"];
  const x = [length4, 4];
  return {
    flops: await rate(
      fmaProbe(threads, 128),
      { seed, y: [threads, 4] },
      "flops",
    ),
    copyBandwidth: await rate(copyProbe(length4, order), { x, y: x }, "bytes"),
    readBandwidth: await rate(readProbe(length4, threads, order), { x, y: [threads, 4] }, "bytes"),
    stagingBandwidth: device.storage === "texture"
      ? await stagingBandwidth(device, length4, clock, floors.clock)
      : undefined,
    waitFloor: floors.wall,
    dispatchCost: 1000 *
      await seconds(device, fmaProbe(WORKGROUP, 1), { seed, y: [WORKGROUP, 4] }, clock, floors),
  };
}

/** The higher of each rate, and the shorter wait, of two measurements of one adapter. */
export function betterPeaks(a: Peaks, b: Peaks): Peaks {
  return {
    flops: Math.max(a.flops, b.flops),
    copyBandwidth: Math.max(a.copyBandwidth, b.copyBandwidth),
    readBandwidth: Math.max(a.readBandwidth, b.readBandwidth),
    stagingBandwidth: a.stagingBandwidth === undefined || b.stagingBandwidth === undefined
      ? undefined
      : Math.max(a.stagingBandwidth, b.stagingBandwidth),
    waitFloor: Math.min(a.waitFloor, b.waitFloor),
    dispatchCost: Math.min(a.dispatchCost, b.dispatchCost),
  };
}

/** What a dispatch computes and moves when every operand moves once. */
export interface Work {
  /** Floating-point operations; a fused multiply-add counts two. */
  readonly flops: number;
  /** Bytes loaded, each operand once. */
  readonly bytesRead: number;
  /** Bytes stored, each result once. */
  readonly bytesWritten: number;
}

/**
 * The least time, in milliseconds, in which an adapter can do this work: the longer of computing and moving it
 * (the roofline model: Williams, Waterman and Patterson 2009), reading and writing at their own rates.
 */
export function leastMilliseconds(work: Work, peaks: Peaks): number {
  const read = 1 / peaks.readBandwidth;
  // Half of a copy's bytes are read; the rest of its time is writing.
  const write = Math.max(2 / peaks.copyBandwidth - read, 0.5 / peaks.copyBandwidth);
  return 1000 * Math.max(work.flops / peaks.flops, work.bytesRead * read + work.bytesWritten * write);
}

async function seconds(
  device: Device,
  dispatch: Dispatch,
  operands: Operands,
  clock: Clock,
  floors: { wall: number; clock: number },
): Promise<number> {
  const timer = await DispatchTimer.make(device, dispatch, operands);
  try {
    const count = await runsFor(timer, floors.wall, 60);
    return Math.min(...await timeDispatch(timer, count, 7, { clock, floor: floors.clock })) / 1000;
  } finally {
    timer.destroy();
  }
}

/** Copies a buffer into a texture over and over, as programs do between a kernel that writes and one that reads. */
async function stagingBandwidth(
  device: Device,
  length4: number,
  clock: Clock,
  floor: number,
): Promise<number> {
  const { gpu } = device;
  const size = [TEXTURE_WIDTH, length4 / TEXTURE_WIDTH];
  const copies = 6;
  const times: number[] = [];
  const owned: (GPUBuffer | GPUTexture)[] = [];
  try {
    const what = "Cannot measure copies";
    const { texture, buffer } = await device.guard(what, () => {
      const usage = GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST;
      const texture = gpu.createTexture({ size, format: "rgba32float", usage });
      owned.push(texture);
      const buffer = gpu.createBuffer({ size: length4 * VEC4_BYTES, usage: GPUBufferUsage.COPY_SRC });
      owned.push(buffer);
      return { texture, buffer };
    });
    for (let repeat = 0; repeat < 6; repeat++) {
      const start = clock();
      device.attempt(what, () => {
        const encoder = gpu.createCommandEncoder();
        for (let i = 0; i < copies; i++) {
          encoder.copyBufferToTexture({ buffer, bytesPerRow: TEXTURE_WIDTH * VEC4_BYTES }, { texture }, size);
        }
        gpu.queue.submit([encoder.finish()]);
      });
      await device.idle();
      times.push(clock() - start - floor);
    }
  } finally {
    for (const resource of owned) resource.destroy();
  }
  return 1000 * copies * 2 * length4 * VEC4_BYTES / Math.min(...times);
}
