/** Opening the GPU for a command, which shows when kernels are being compiled. */
import { join } from "node:path";
import process from "node:process";
import { Device, type DeviceOptions } from "../engine/mod.ts";
import { checkAdapter } from "../train/checked_adapter.ts";
import { plainProgress, type Progress, type ProgressStream } from "./progress.ts";

/** Seconds of compilation before it is shown: those of most programs, once the driver has their kernels, take less. */
const SILENT_SECONDS = 1;

/**
 * Opens the GPU.
 *
 * @throws {NoAdapterError} when there is none.
 */
export function openDevice(options: DeviceOptions = {}): Promise<Device> {
  return Device.open({ onCompile: compileProgress(), ...options });
}

/**
 * Opens the GPU for work whose results are kept: a GPU that has not been used before is tested first.
 *
 * @param cache the folder that keeps what passed.
 * @throws {NoAdapterError} when there is none.
 * @throws {RunError} when it computes wrong results.
 */
export async function openTestedDevice(cache: string, options: DeviceOptions = {}): Promise<Device> {
  const device = await openDevice(options);
  try {
    await checkAdapter(device, join(cache, "kernels"), {
      onTest: () => console.error(`Testing ${device.adapter.name}, once: its results against the CPU's`),
    });
    return device;
  } catch (error) {
    device.destroy();
    throw error;
  }
}

/** Shows the compilation of kernels in plain lines, also on a terminal, where a bar of other work may be drawn. */
export function compileProgress(
  stream: ProgressStream = process.stderr,
  now = () => performance.now(),
): (done: number, total: number) => void {
  let start = 0;
  let shown: Progress | undefined;
  return (done, total) => {
    if (done === 0) start = now();
    if (shown === undefined && now() - start < 1000 * SILENT_SECONDS) return;
    const display = shown ??
      plainProgress({ label: "Compiling kernels", total, unit: "kernels", startedAt: start, now }, stream);
    display.update(done);
    if (done === total) display.finish();
    shown = done === total ? undefined : display;
  };
}
