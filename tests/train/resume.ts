/** The test that a resumed run ends with the bytes of an uninterrupted one. */
import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { loadCheckpoint, saveCheckpoint } from "../../train/checkpoint_files.ts";
import type { TrainingOptions } from "../../train/options.ts";
import type { Trainer } from "../../train/trainer.ts";
import { assertSameBytes } from "./same_bytes.ts";
import { openTinyRun, TINY_OPTIONS } from "./tiny_run.ts";

/** Trains up to a step and saves; the bytes of the file. */
export async function trainTo(run: Trainer, step: number, folder: string): Promise<Uint8Array> {
  while (run.step < step) await run.trainEpoch(() => {}, () => run.step >= step);
  assert.equal(run.step, step);
  return await Deno.readFile(await saveCheckpoint(folder, await run.checkpoint()));
}

let device: Device | undefined;
addEventListener("unload", () => device?.destroy());

/** Registers the test for a tiny run with changed settings. All runs share a device and its compiled pipelines. */
export function testResume(what: string, changes: Partial<TrainingOptions>): void {
  Deno.test(`equal seeds give equal checkpoints, and a resumed run ends with the bytes of one never stopped: ${what}`, async () => {
    const shared = device ??= await Device.open();
    const folder = await Deno.makeTempDir();
    const fresh = async <T>(use: (run: Trainer) => Promise<T>, from?: string) => {
      const run = await openTinyRun(shared, changes, from ? await loadCheckpoint(from) : undefined);
      try {
        return await use(run);
      } finally {
        run.destroy();
      }
    };
    try {
      const end = TINY_OPTIONS.epochs * TINY_OPTIONS.batchesPerEpoch;
      const [whole, again, stopped] = ["whole", "again", "stopped"].map((name) => `${folder}/${name}`);
      const expected = await fresh((run) => trainTo(run, end, whole));
      assertSameBytes(await fresh((run) => trainTo(run, end, again)), expected);

      // Stopped at the end of an epoch, and within the next one; each time resumed from the file.
      await fresh((run) => trainTo(run, TINY_OPTIONS.batchesPerEpoch, stopped));
      await fresh((run) => trainTo(run, TINY_OPTIONS.batchesPerEpoch + 1, stopped), stopped);
      assertSameBytes(await fresh((run) => trainTo(run, end, stopped), stopped), expected);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
