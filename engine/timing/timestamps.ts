/**
 * What a GPU's timestamps count. WebGPU promises nanoseconds, but an implementation may hand out the GPU's own ticks (wgpu
 * converts them only on request), and some drivers tell a wrong frequency. So a tick is measured once against the wall.
 */
import { fmaProbe } from "../../kernels/mod.ts";
import type { Device } from "../device.ts";
import { EngineError } from "../errors.ts";
import { type Clock, DispatchTimer, wallClock } from "./dispatch_timer.ts";
import { median, runsFor, waitFloor } from "./timing.ts";

/** A tick of an adapter's timestamps. */
export interface Tick {
  /** Its nanoseconds; undefined where the timestamps do not agree with the wall clock, so that no time follows from them. */
  readonly nanoseconds: number | undefined;
  /** Its nanoseconds as measured, before they were rounded to a tick that GPUs have. */
  readonly measured: number;
}

/** Nanoseconds of ticks that GPUs have: of clocks of 1000, 100, 27, 26, 25, 24, 19.2, 12.5 and 12 MHz. */
const KNOWN = [1000, 100, 27, 26, 25, 24, 19.2, 12.5, 12].map((megahertz) => 1000 / megahertz);
/** What is measured may differ by this factor from a known tick: the wait for the GPU is part of the wall's time. */
const PLAUSIBLE = 2;
/** Milliseconds of the work that is timed: many times the wait for it. */
const MILLISECONDS = 100;
/** How often it is timed. */
const REPEATS = 3;

const TICKS = new WeakMap<Device, Promise<Tick>>();

/**
 * The tick of a device's timestamps. The first call measures it, in about half a second.
 *
 * @throws {EngineError} when the device was opened without timestamps.
 */
export function timestampTick(device: Device): Promise<Tick> {
  let tick = TICKS.get(device);
  if (!tick) TICKS.set(device, tick = measureTick(device));
  return tick;
}

/** The tick that `measured` nanoseconds stand for: the nearest that GPUs have. */
export function roundedTick(measured: number): Tick {
  const distance = (tick: number) => Math.abs(Math.log(measured / tick));
  const [nearest = 1] = KNOWN.toSorted((a, b) => distance(a) - distance(b));
  const plausible = distance(nearest) <= Math.log(PLAUSIBLE);
  return { nanoseconds: plausible ? nearest : undefined, measured };
}

/** Times multiply-adds with both clocks. @param clock milliseconds of the wall. */
export async function measureTick(device: Device, clock: Clock = wallClock): Promise<Tick> {
  if (!device.timestamps) throw new EngineError("Timestamps need Device.open({ timestamps: true })");
  const { gpu } = device;
  const threads = 4 * device.target.parallelism;
  const seed = { shape: [4], storage: "uniform", values: [0.5, 0.25, 0.125, 0.75] } as const;
  const timer = await DispatchTimer.make(device, fmaProbe(threads, 128), { seed, y: [threads, 4] });
  const owned: { destroy(): void }[] = [timer];
  const own = <R extends { destroy(): void }>(resource: R): R => {
    owned.push(resource);
    return resource;
  };
  try {
    const floor = await waitFloor(device, clock);
    const count = await runsFor(timer, floor, MILLISECONDS, clock);
    const what = "Cannot measure timestamps";
    const { querySet, resolved, staging } = await device.guard(what, () => ({
      querySet: own(gpu.createQuerySet({ type: "timestamp", count: 2 })),
      resolved: own(
        gpu.createBuffer({ size: 16, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC }),
      ),
      staging: own(gpu.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ })),
    }));
    const ratios: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const milliseconds = await timer.run(count, clock, {
        querySet,
        beginningOfPassWriteIndex: 0,
        endOfPassWriteIndex: 1,
      }) - floor;
      device.attempt(what, () => {
        const encoder = gpu.createCommandEncoder();
        encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
        encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
        gpu.queue.submit([encoder.finish()]);
      });
      const ticks = await device.readBack(staging, (bytes) => {
        const [begin = 0n, end = 0n] = new BigUint64Array(bytes);
        return Number(end - begin);
      });
      ratios.push(1e6 * milliseconds / ticks);
    }
    return roundedTick(median(ratios));
  } finally {
    for (const resource of owned) resource.destroy();
  }
}
