/** What time the benches count. */
import process from "node:process";
import { type Clock, type Device, wallClock } from "../engine/mod.ts";

/** CPU time of this process, all threads added up. */
export const cpuClock: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * The clock for kernels: of the wall on a GPU. On a software adapter that of the CPU, as other work on the machine
 * does not disturb it; rates are then those of one core.
 */
export function kernelClock(device: Device): Clock {
  return device.adapter.software ? cpuClock : wallClock;
}

/** What {@link kernelClock} tells, in words. */
export function clockInWords(device: Device): string {
  return device.adapter.software ? "CPU time, rates per core" : "wall time";
}
