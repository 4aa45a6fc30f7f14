/** The epochs of `deno task train`, with progress, checkpoints and what goes wrong. */
import { lossTable } from "../losses/mod.ts";
import { onAnyRank } from "../ranks/mod.ts";
import type { Checkpoint } from "../train/checkpoint.ts";
import { keepAsBest, saveCheckpoint } from "../train/checkpoint_files.ts";
import { type HeldOutImages, thresholdsOfCheckpoint } from "../train/estimate_thresholds.ts";
import { takeRankZeros } from "../train/same_run.ts";
import type { Trainer } from "../train/trainer.ts";
import { Watch } from "../train/watch.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { progress as startProgress, withProgress } from "./progress.ts";
import { withFlags } from "./remedies.ts";
import type { TrainFlags } from "./train_flags.ts";
import type { Run } from "./train_run.ts";

/** Trains epoch by epoch and saves after each, or more often; Ctrl-C stops after the steps under way, and saves. */
export async function trainEpochs(
  trainer: Trainer,
  { checkpointEvery, keep, debugNumerics }: TrainFlags,
  run: Run,
): Promise<{ finished: boolean; notes: string[] }> {
  const { options, sampler } = trainer;
  const { folder, ranks } = run;
  const watch = new Watch({
    margin: options.margin,
    softMargin: options.softMargin,
    normalized: options.normalize && options.neck !== "bnneck",
    mines: lossTable[options.loss].mines && options.miningWarmUp === 0 && options.idLoss === 0,
  });
  const notes: string[] = [...sampler.notes];
  if (trainer.step >= trainer.steps) {
    console.log(`The run in ${folder?.path} is finished: evaluating`);
    return { finished: true, notes };
  }
  using interrupt = listenForInterrupt(() => folder?.abandon());
  if (folder) console.log(`Run in ${folder.path}`);
  // The process may have been killed, or the device lost, between the two.
  if (folder && run.newest && trainer.lastEpochIsBest) await keepAsBest(folder.path, run.newest.path);
  const display = startProgress({
    label: `Training ${options.loss}`,
    total: trainer.steps * sampler.batchImages,
    unit: "images",
    start: trainer.step * sampler.batchImages,
  });
  try {
    while (trainer.step < trainer.steps && !await onAnyRank(ranks, interrupt.requested)) {
      const pause = checkpointEvery > 0
        ? (Math.floor(trainer.step / checkpointEvery) + 1) * checkpointEvery
        : Infinity;
      await trainer.trainEpoch(
        (metrics) => {
          display.update((metrics.step + 1) * sampler.batchImages, {
            epoch: `${Math.floor(metrics.step / sampler.batchesPerEpoch) + 1}/${options.epochs}`,
            loss: metrics.total.toFixed(3),
            active: `${(100 * metrics.active).toFixed(0)} %`,
            "d(a,p)": metrics.positiveDistance.toFixed(3),
            "d(a,n)": metrics.negativeDistance.toFixed(3),
          });
          const warning = watch.step(metrics);
          if (warning) {
            const text = withFlags(warning);
            notes.push(text);
            console.error(`\nwarning: ${text}`);
          }
        },
        () => interrupt.requested || trainer.step >= pause,
        debugNumerics,
      );
      await takeRankZeros(trainer);
      const share = trainer.step < trainer.steps
        ? undefined
        : await trainer.settleStatistics((done, total) =>
          display.update(trainer.step * sampler.batchImages, { "running statistics": `${done}/${total}` })
        );
      if (share !== undefined) {
        const text =
          `the run was short, and ${(100 * share).toFixed(0)} % of what batch norm's running statistics ` +
          "began with was left in them: they are estimated anew from training images";
        notes.push(text);
        console.error(`\nnote: ${text}`);
      }
      if (!folder) continue;
      const checkpoint = await withThresholds(
        await trainer.checkpoint(),
        trainer,
        run.people?.heldOut,
        notes,
      );
      run.newest = { checkpoint, path: await saveCheckpoint(folder.path, checkpoint, keep) };
      if (trainer.lastEpochIsBest) await keepAsBest(folder.path, run.newest.path);
    }
  } finally {
    display.finish();
  }
  return { finished: trainer.step >= trainer.steps, notes: [...notes, ...watch.summary()] };
}

/** The last checkpoint of a run with the thresholds of its network, if people are held out; the others as they are. */
async function withThresholds(
  checkpoint: Checkpoint,
  { device, step, steps }: Trainer,
  heldOut: HeldOutImages | undefined,
  notes: string[],
): Promise<Checkpoint> {
  if (heldOut === undefined || step < steps) return checkpoint;
  const thresholds = await withProgress(
    "People held out",
    "images",
    (onProgress) => thresholdsOfCheckpoint(device, checkpoint, heldOut, onProgress),
  );
  if (thresholds.length > 0) return { ...checkpoint, thresholds };
  const text = "the people held out are too few for thresholds: hold out more with --holdout-people";
  notes.push(text);
  console.error(`\nnote: ${text}`);
  return checkpoint;
}
