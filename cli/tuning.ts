/** Tunes kernels before a run, with a progress bar: on a new adapter it takes minutes. */
import { join } from "node:path";
import { type Choices, type Device, type Recorded, tune } from "../engine/mod.ts";
import { tunedVariants } from "../train/tuned_variants.ts";
import { withProgress } from "./progress.ts";

/** Chooses variants for a program's kernels, from the cache or by timing them. */
export function tuner(device: Device, cache: string): (dispatches: readonly Recorded[]) => Promise<Choices> {
  return (dispatches) =>
    tunedVariants(
      device,
      dispatches,
      join(cache, "kernels"),
      (list) =>
        withProgress("Tuning kernels", "kernels", async (update) => {
          update(0, list.length);
          return await tune(device, list, { onProgress: (done) => update(done, list.length) });
        }),
    );
}
