/** Work on a GPU that may be lost on the way, and be found again. */
import { Device, DeviceLostError, EngineError, OutOfMemoryError } from "../engine/mod.ts";
import { printable } from "./command.ts";

/** What is done when the GPU is lost: the words of `--on-device-lost`. */
export const ON_DEVICE_LOST = ["stop", "retry"] as const;

/** Seconds before each of the attempts on another device that follow a loss: a driver may take its time. */
export const PAUSES: readonly number[] = [0, 2, 10];

/** Whether an error is that of a device on which nothing can be done any more, but maybe on another one. */
export function isLost(error: unknown): error is EngineError {
  return error instanceof DeviceLostError || error instanceof OutOfMemoryError;
}

/** How work is done on devices. */
export interface DeviceWork<T> {
  /** What is asked for devices; `navigator.gpu` where left out. */
  readonly gpu?: Pick<GPU, "requestAdapter"> | undefined;
  /** Whether another device is tried where one is lost. */
  readonly onLost: typeof ON_DEVICE_LOST[number];
  /** The steps that are saved: work that saves more of them from one loss to the next may be lost any number of times. */
  readonly saved: () => number;
  /** Called with every device; it goes on from what is saved. */
  readonly work: (device: Device) => Promise<T>;
  /** Waits for some seconds. */
  readonly pause?: (seconds: number) => Promise<void>;
}

/**
 * Does work on a device and, where that is lost or has no memory left, from what is saved on another one: after each loss
 * as often as {@link PAUSES} has entries, unless more steps have been saved meanwhile. Every device is destroyed.
 *
 * @throws {EngineError} the last of the losses, or that there is no device any more.
 */
export async function workOnDevice<T>(
  { gpu, onLost, saved, work, pause = seconds }: DeviceWork<T>,
): Promise<T> {
  let [attempts, savedBefore] = [0, 0];
  for (;;) {
    let device: Device | undefined;
    try {
      device = await Device.open({ ...(gpu && { gpu }) });
      return await work(device);
    } catch (error) {
      // A device that is gone may not be there again at once.
      const lost = isLost(error) || (attempts > 0 && device === undefined && error instanceof EngineError);
      if (saved() > savedBefore) attempts = 0;
      if (!lost || onLost === "stop" || attempts === PAUSES.length) throw error;
      savedBefore = saved();
      console.error(
        `\nwarning: ${printable(error.message)}. Going on from step ${savedBefore} on a new device, ` +
          `attempt ${attempts + 1} of ${PAUSES.length}`,
      );
    } finally {
      device?.destroy();
    }
    await pause(PAUSES[attempts++]!);
  }
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * count));
}
