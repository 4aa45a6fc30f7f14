/** Kernels tuned before a run, with a bar: it takes minutes where nothing is known of the adapter yet. */
import { join } from "node:path";
import { type Choices, type Device, type Recorded, tune } from "../engine/mod.ts";
import { tunedVariants } from "../train/tuned_variants.ts";
import { progress } from "./progress.ts";

/** Chooses variants for a program's kernels, from a folder of the cache or by timing them. */
export function tuner(device: Device, cache: string): (dispatches: readonly Recorded[]) => Promise<Choices> {
  return (dispatches) =>
    tunedVariants(device, dispatches, join(cache, "kernels"), async (list) => {
      const display = progress({ label: "Tuning kernels", total: list.length, unit: "kernels" });
      try {
        return await tune(device, list, { onProgress: (done) => display.update(done) });
      } finally {
        display.finish();
      }
    });
}
