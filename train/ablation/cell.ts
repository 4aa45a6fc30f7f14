/** One cell of an ablation: one setting trained with one seed, and its scores. */
import process from "node:process";
import type { ReidDataset } from "../../data/dataset.ts";
import type { PixelStore } from "../../data/pixels.ts";
import type { Device } from "../../engine/mod.ts";
import { Benchmark, type EmbeddedBenchmark } from "../../eval/benchmark.ts";
import { type CameraGroup, cameraGroups, takenBy } from "../../eval/camera_groups.ts";
import { evaluate } from "../../eval/evaluate.ts";
import { evaluateRows } from "../../eval/evaluate_rows.ts";
import { RERANK_DEFAULTS, type RerankOptions } from "../../eval/rerank/options.ts";
import { rerank } from "../../eval/rerank/rerank.ts";
import type { Metric } from "../../kernels/mod.ts";
import { keysOf } from "../../model/settings.ts";
import type { TrainingOptions } from "../options.ts";
import { Trainer } from "../trainer.ts";

/** How a trained network is scored; see `EmbeddingOptions` and `rerank`. */
interface ScoringSettings {
  readonly flip: boolean;
  readonly rerank?: RerankOptions;
}

/** Ways of scoring a trained network; all use the same training. */
export const SCORINGS = {
  plain: { flip: false },
  flip: { flip: true },
  rerank: { flip: false, rerank: RERANK_DEFAULTS },
  /** For galleries with a handful of images of a person, where twenty neighbors are mostly other people. */
  rerankFew: { flip: false, rerank: { ...RERANK_DEFAULTS, k1: 6, k2: 3 } },
  flipRerankFew: { flip: true, rerank: { ...RERANK_DEFAULTS, k1: 6, k2: 3 } },
} as const satisfies Record<string, ScoringSettings>;
/** A way of scoring. */
export type Scoring = keyof typeof SCORINGS;

/** Scores by group of cameras. */
export type ScoresByGroup = Readonly<Partial<Record<CameraGroup["name"], CellScores>>>;

/** Scores on some cameras, every one from 0 to 1. */
export interface CellScores {
  readonly rank1: number;
  readonly mAP: number;
  readonly mINP: number;
  readonly queries: number;
  readonly gallery: number;
}

/** The result of a cell. */
export interface CellResult {
  readonly steps: number;
  /** Images in all steps. */
  readonly images: number;
  /** Seconds of training alone; CPU seconds of all threads, from opening the data to the last score. */
  readonly trainSeconds: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Mean loss of the last tenth of the steps. */
  readonly finalLoss: number;
  readonly adapter: string;
  /** By scoring, then by group of cameras. */
  readonly scores: Readonly<Record<Scoring, ScoresByGroup>>;
}

/** Approximate share of a cell's time that training takes; for progress. */
const TRAINING_SHARE = 0.8;

/**
 * Trains a network and computes each kind of score on each group of cameras.
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
  const trainer = await Trainer.open({ device, options, people: dataset.train, store: train });
  const losses: number[] = [];
  while (trainer.step < trainer.steps) {
    await trainer.trainEpoch(({ step, total }) => {
      losses.push(total);
      onProgress(TRAINING_SHARE * (step + 1) / trainer.steps);
    }, () => false);
  }
  await trainer.settleStatistics();
  await trainer.checkpoint(); // Refuses weights that are not finite.
  await trainer.useAverage();
  const trained = performance.now();

  const scores = await scoreAll(
    device,
    trainer,
    new Benchmark(dataset, test),
    (share) => onProgress(TRAINING_SHARE + (1 - TRAINING_SHARE) * share),
  );
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

/** Computes each kind of score; images are embedded once as they are and once with their mirror images. */
async function scoreAll(
  device: Device,
  { model, options }: Trainer,
  benchmark: Benchmark,
  onProgress: (share: number) => void,
): Promise<CellResult["scores"]> {
  const groups = cameraGroups(benchmark.dataset);
  const scores: Partial<Record<Scoring, ScoresByGroup>> = {};
  for (const flip of [false, true]) {
    const embedded = await benchmark.embed(device, model, {
      flip,
      onProgress: (done, total) => onProgress((Number(flip) + done / total) / 2),
    });
    for (const scoring of keysOf(SCORINGS)) {
      const way: ScoringSettings = SCORINGS[scoring];
      if (way.flip !== flip) continue;
      scores[scoring] = await scoreGroups(device, embedded, options.metric, way, groups);
    }
  }
  return scores as Record<Scoring, ScoresByGroup>;
}

async function scoreGroups(
  device: Device,
  { queries, gallery, size }: EmbeddedBenchmark,
  metric: Metric,
  { rerank: options }: ScoringSettings,
  groups: readonly CameraGroup[],
): Promise<ScoresByGroup> {
  const scores: Partial<Record<CameraGroup["name"], CellScores>> = {};
  for (const { name, cameras } of groups) {
    const part = {
      queries: takenBy(queries, size, (camera) => cameras.has(camera)),
      gallery: takenBy(gallery, size, (camera) => cameras.has(camera)),
    };
    const evaluation = options === undefined
      ? await evaluate(device, part.queries, part.gallery, size, metric)
      : await evaluateRows(
        rerank(device, { ...part, size, metric }, options),
        part.queries.labels,
        part.gallery.labels,
      );
    const { rank, mAP, mINP, queries: count, gallery: ranked } = evaluation.scores;
    scores[name] = { rank1: rank[1], mAP, mINP, queries: count, gallery: ranked };
  }
  return scores;
}
