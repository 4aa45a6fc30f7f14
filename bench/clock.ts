/** The clocks of the benches. */
import process from "node:process";
import { type Clock, type Device, wallClock } from "../engine/mod.ts";

/** CPU time of this process, all threads added up. */
export const cpuClock: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * The clock for kernels: on a GPU the wall clock. On a software adapter the CPU time, which other work on the machine
 * does not disturb; rates are then those of one core.
 */
export function kernelClock(device: Device): Clock {
  return device.adapter.software ? cpuClock : wallClock;
}

/** The name of {@link kernelClock}. */
export function clockInWords(device: Device): string {
  return device.adapter.software ? "CPU time, rates per core" : "wall time";
}
