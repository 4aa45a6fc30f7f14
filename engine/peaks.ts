/** The ceilings of an adapter, measured by probes: what any kernel's speed is to be held against. */
import {
  copyProbe,
  type Cost,
  type Dispatch,
  fmaProbe,
  readProbe,
  TEXTURE_WIDTH,
  VEC4_BYTES,
} from "../kernels/mod.ts";
import type { Device } from "./device.ts";
import { DispatchTimer, type Operands } from "./dispatch_timer.ts";
import { median, timeDispatch, waitFloor } from "./timing.ts";

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
}

/** What {@link measurePeaks} moves, in vec4s: far more than caches hold. */
const LENGTH4 = 1 << 21;

/**
 * Measures the adapter: a few hundred milliseconds for each figure, medians.
 *
 * @throws {EngineError} when the device is lost meanwhile.
 */
export async function measurePeaks(device: Device): Promise<Peaks> {
  const floor = await waitFloor(device);
  const rate = async (dispatch: Dispatch, operands: Operands, of: keyof Cost) =>
    dispatch.cost[of] / await seconds(device, dispatch, operands, floor);
  const threads = device.parallelism * 4;
  const x = [LENGTH4, 4];
  return {
    flops: await rate(
      fmaProbe(threads, 512),
      { seed: { shape: [4], storage: "uniform", values: [0.5, 0.25, 0.125, 0.75] }, y: [threads, 4] },
      "flops",
    ),
    copyBandwidth: await rate(copyProbe(LENGTH4), { x, y: x }, "bytes"),
    readBandwidth: await rate(readProbe(LENGTH4, threads), { x, y: [threads, 4] }, "bytes"),
    stagingBandwidth: device.storage === "texture" ? await stagingBandwidth(device, floor) : undefined,
    waitFloor: floor,
  };
}

/** The least time, in milliseconds, in which an adapter can do this work: the roofline model (Williams et al. 2009). */
export function leastMilliseconds(cost: Cost, peaks: Peaks): number {
  const bandwidth = Math.max(peaks.copyBandwidth, peaks.readBandwidth);
  return 1000 * Math.max(cost.flops / peaks.flops, cost.bytes / bandwidth);
}

async function seconds(
  device: Device,
  dispatch: Dispatch,
  operands: Operands,
  floor: number,
): Promise<number> {
  const timer = await DispatchTimer.make(device, dispatch, operands);
  try {
    return await timeDispatch(timer, floor, { milliseconds: 80, repeats: 5 }) / 1000;
  } finally {
    timer.destroy();
  }
}

/** Copies a buffer into a texture over and over, as programs do between a kernel that writes and one that reads. */
async function stagingBandwidth(device: Device, floor: number): Promise<number> {
  const { gpu } = device;
  const size = [TEXTURE_WIDTH, LENGTH4 / TEXTURE_WIDTH] as const;
  const texture = gpu.createTexture({
    size,
    format: "rgba32float",
    usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST,
  });
  const buffer = gpu.createBuffer({ size: LENGTH4 * VEC4_BYTES, usage: GPUBufferUsage.COPY_SRC });
  const copies = 6;
  const times: number[] = [];
  for (let repeat = 0; repeat < 6; repeat++) {
    const start = performance.now();
    const encoder = gpu.createCommandEncoder();
    for (let i = 0; i < copies; i++) {
      encoder.copyBufferToTexture({ buffer, bytesPerRow: TEXTURE_WIDTH * VEC4_BYTES }, { texture }, size);
    }
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
    times.push(performance.now() - start - floor);
  }
  texture.destroy();
  buffer.destroy();
  device.check();
  return 1000 * copies * 2 * LENGTH4 * VEC4_BYTES / median(times.slice(1));
}
