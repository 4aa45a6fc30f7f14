/** Work on a GPU that may be lost and opened again. */
import { type Device, DeviceLostError, EngineError, OutOfMemoryError } from "../engine/mod.ts";
import { printable } from "./command.ts";
import { openTestedDevice } from "./device.ts";

/** The choices of `--on-device-lost`. */
export const ON_DEVICE_LOST = ["stop", "retry"] as const;

/** Seconds before each attempt on a new device after a loss: a driver may take a while to recover. */
export const PAUSES: readonly number[] = [0, 2, 10];

/** Whether an error means that the device is unusable, while a new one may work. */
export function isLost(error: unknown): error is EngineError {
  return error instanceof DeviceLostError || error instanceof OutOfMemoryError;
}

/** Work, and what to do if its device is lost. */
export interface DeviceWork<T> {
  /** Default: `navigator.gpu`. */
  readonly gpu?: Pick<GPU, "requestAdapter"> | undefined;
  /** The folder of what is kept for later commands. */
  readonly cache: string;
  /** Whether to try a new device after a loss. */
  readonly onLost: typeof ON_DEVICE_LOST[number];
  /** The number of steps saved. Work that saves more between two losses may be lost any number of times. */
  readonly saved: () => number;
  /** Called with each device; it continues from the saved state. */
  readonly work: (device: Device) => Promise<T>;
  /** Waits for some seconds. */
  readonly pause?: (seconds: number) => Promise<void>;
}

/**
 * Does work on a device. If the device is lost or out of memory, the work continues from its saved state on a new one, in
 * at most as many attempts as {@link PAUSES} has entries; saved steps reset that count. It destroys every device.
 *
 * @throws {EngineError} when the last attempt fails.
 */
export async function workOnDevice<T>(
  { gpu, cache, onLost, saved, work, pause = seconds }: DeviceWork<T>,
): Promise<T> {
  let [attempts, savedBefore] = [0, 0];
  for (;;) {
    let device: Device | undefined, wait = 0;
    try {
      device = await openTestedDevice(cache, { ...(gpu && { gpu }) });
      return await work(device);
    } catch (error) {
      // After a loss it may take a while until a device can be opened.
      const lost = isLost(error) || (attempts > 0 && device === undefined && error instanceof EngineError);
      if (saved() > savedBefore) attempts = 0;
      const next = PAUSES[attempts++];
      if (!lost || onLost === "stop" || next === undefined) throw error;
      wait = next;
      savedBefore = saved();
      console.error(
        `\nwarning: ${printable(error.message)}. Continuing from step ${savedBefore} on a new device, ` +
          `attempt ${attempts} of ${PAUSES.length}`,
      );
    } finally {
      device?.destroy();
    }
    await pause(wait);
  }
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * count));
}
