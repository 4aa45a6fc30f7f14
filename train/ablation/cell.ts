/** One cell of an ablation: one setting trained with one seed, and its scores. */
import process from "node:process";
import type { ReidDataset } from "../../data/dataset.ts";
import type { PixelStore } from "../../data/pixels.ts";
import type { Device } from "../../engine/mod.ts";
import { Benchmark, type EmbeddedBenchmark } from "../../eval/benchmark.ts";
import { type CameraGroup, cameraGroups, takenBy } from "../../eval/camera_groups.ts";
import { evaluate } from "../../eval/evaluate.ts";
import type { TrainingOptions } from "../options.ts";
import { Trainer } from "../trainer.ts";

/** Ways of scoring a trained network; none needs a training of its own. */
export const SCORINGS = ["plain", "flip"] as const;
/** A way of scoring. */
export type Scoring = typeof SCORINGS[number];

/** Scores on some cameras, every one from 0 to 1. */
export interface CellScores {
  readonly rank1: number;
  readonly mAP: number;
  readonly mINP: number;
  readonly queries: number;
  readonly gallery: number;
}

/** What became of a cell. */
export interface CellResult {
  readonly steps: number;
  /** Images of all steps together. */
  readonly images: number;
  /** Of training alone, and of all threads from opening the data to the last score. */
  readonly trainSeconds: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Mean loss of the last tenth of the steps. */
  readonly finalLoss: number;
  readonly adapter: string;
  /** By scoring, then by group of cameras. */
  readonly scores: Readonly<Record<Scoring, Partial<Record<CameraGroup["name"], CellScores>>>>;
}

/** Share of a cell's time that training takes, about; for progress. */
const TRAINING_SHARE = 0.8;

/**
 * Trains a network and scores it in every way on every group of cameras.
 *
 * @param onProgress called with the share that is done, 0 to 1.
 * @throws {NumericsError} when training diverges.
 */
export async function runCell(
  device: Device,
  options: TrainingOptions,
  dataset: ReidDataset,
  { train, test }: { train: PixelStore; test: PixelStore },
  onProgress: (share: number) => void = () => {},
): Promise<CellResult> {
  const start = performance.now();
  const trainer = await Trainer.open(device, options, dataset.train, train);
  const losses: number[] = [];
  while (trainer.step < trainer.steps) {
    await trainer.trainEpoch(({ step, total }) => {
      losses.push(total);
      onProgress(TRAINING_SHARE * (step + 1) / trainer.steps);
    }, () => false);
  }
  await trainer.checkpoint(); // Refuses weights that are not finite.
  const trained = performance.now();

  const benchmark = new Benchmark(dataset, test);
  const scored = async (scoring: Scoring) => {
    const embedded = await benchmark.embed(device, trainer.model, {
      flip: scoring === "flip",
      onProgress: (done, total) =>
        onProgress(
          TRAINING_SHARE +
            (1 - TRAINING_SHARE) * (SCORINGS.indexOf(scoring) + done / total) / SCORINGS.length,
        ),
    });
    return await scoresOf(device, embedded, options, cameraGroups(dataset));
  };
  const scores = { plain: await scored("plain"), flip: await scored("flip") };
  const { sampler, steps } = trainer;
  trainer.destroy();
  const { user, system } = process.cpuUsage();
  const last = losses.slice(-Math.max(1, Math.round(losses.length / 10)));
  return {
    steps,
    images: steps * sampler.batchImages,
    trainSeconds: (trained - start) / 1000,
    wallSeconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    finalLoss: last.reduce((sum, loss) => sum + loss, 0) / last.length,
    adapter: device.adapter.name,
    scores,
  };
}

async function scoresOf(
  device: Device,
  { queries, gallery, size }: EmbeddedBenchmark,
  { metric }: TrainingOptions,
  groups: readonly CameraGroup[],
): Promise<CellResult["scores"][Scoring]> {
  const scores: Partial<Record<CameraGroup["name"], CellScores>> = {};
  for (const group of groups) {
    const part = await evaluate(
      device,
      takenBy(group, queries, size),
      takenBy(group, gallery, size),
      size,
      metric,
    );
    const { rank, mAP, mINP, queries: count, gallery: ranked } = part.scores;
    scores[group.name] = { rank1: rank[1], mAP, mINP, queries: count, gallery: ranked };
  }
  return scores;
}
