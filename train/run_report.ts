/** From a finished run to its report: curves, distances, and a sample of ranked galleries. */
import { basename } from "node:path";
import { cameraName, identityName, type PersonImage, type ReidDataset } from "../data/dataset.ts";
import type { Benchmark } from "../eval/benchmark.ts";
import type { Device } from "../engine/mod.ts";
import { itemAt } from "../engine/item_at.ts";
import type { CameraPairScores } from "../eval/camera_pairs.ts";
import type { Evaluation } from "../eval/evaluate.ts";
import type { RankingResult } from "../eval/ranking.ts";
import type { Verified } from "../eval/verification/verify_network.ts";
import type { ReidModel } from "../model/reid_model.ts";
import type { RunOptions } from "./options.ts";
import { distanceHistogram } from "./report/distance_histogram.ts";
import type { ReportData, ReportImage, Retrieval, TrainingCurves } from "./report/report_data.ts";
import { retrievalMaps } from "./report/retrieval_maps.ts";
import { type HistoryColumn, historyColumns } from "./metrics.ts";

/** Queries shown. */
const ROWS = 10;

/** What a finished run knows. */
export interface FinishedRun {
  readonly title: string;
  readonly options: RunOptions;
  readonly settings: Record<string, string | number | boolean>;
  readonly history: ArrayLike<number>;
  readonly benchmark: Benchmark;
  readonly device: Device;
  /** The trained network. */
  readonly model: ReidModel;
  readonly trained: Evaluation;
  /** Of the trained network. */
  readonly cameraPairs: readonly CameraPairScores[];
  readonly verified: Verified;
  readonly untrained: Evaluation;
  readonly colors: RankingResult;
  readonly notes: readonly string[];
}

/** Gathers the report's data; reads the pictured images' files. */
export async function gatherReport(run: FinishedRun): Promise<ReportData> {
  const { trained, untrained, options } = run;
  const { loss, margin, metric, softMargin, ...rest } = options;
  const { protocol } = run.benchmark, rule = protocol === "same-camera" ? `, ${protocol}` : "";
  return {
    title: run.title,
    settings: { loss, metric, ...(softMargin ? { softMargin } : { margin }), ...rest, ...run.settings },
    scores: [
      { name: `Trained${rule}`, scores: trained.scores },
      { name: `Untrained${rule}`, scores: untrained.scores },
      { name: `Color histogram${rule}`, scores: run.colors },
    ],
    protocol,
    cameraPairs: run.cameraPairs,
    verified: run.verified,
    names: run.benchmark.dataset.names,
    curves: curves(run.history, historyColumns(options)),
    distances: [
      distanceHistogram("Before training", untrained.positives, untrained.negatives),
      distanceHistogram("After training", trained.positives, trained.negatives),
    ],
    ...await retrieval(run),
    notes: run.notes,
  };
}

function curves(history: ArrayLike<number>, columns: readonly HistoryColumn[]): TrainingCurves {
  const steps = history.length / columns.length;
  const column = (name: HistoryColumn) =>
    Float64Array.from(
      { length: steps },
      (_, i) => history[i * columns.length + columns.indexOf(name)] ?? NaN,
    );
  return {
    step: Float64Array.from({ length: steps }, (_, i) => i + 1),
    loss: column("total"),
    active: column("active"),
    positiveDistance: column("positiveDistance"),
    negativeDistance: column("negativeDistance"),
    learningRate: column("learningRate"),
    ...(columns.includes("lossScale") && {
      lossScale: { scale: column("lossScale"), skippedSteps: column("skippedSteps") },
    }),
  };
}

/** Every n-th query with the head of its ranking, chosen by its index, not by success; and the maps over the pictures. */
async function retrieval(
  { benchmark, device, model, trained }: FinishedRun,
): Promise<Pick<ReportData, "retrieval" | "maps" | "partsLimit">> {
  const { dataset, queries, gallery } = benchmark;
  const images = [...dataset.query, ...dataset.gallery];
  const every = Math.max(1, Math.floor(queries.indices.length / ROWS));
  const shown = [...queries.indices.keys()].filter((query) => query % every === 0).slice(0, ROWS).map((
    query,
  ) => ({
    query: itemAt(queries.indices, query),
    matches: (trained.top[query] ?? []).map((match) => ({
      ...match,
      image: itemAt(gallery.indices, match.index),
    })),
  }));
  const reported = (image: number) => reportImage(dataset, itemAt(images, image));
  const rows = await Promise.all(shown.map(async ({ query, matches }): Promise<Retrieval> => ({
    query: await reported(query),
    matches: await Promise.all(
      matches.map(async ({ image, distance, right }) => ({ ...await reported(image), distance, right })),
    ),
  })));
  const all = shown.flatMap(({ query, matches }) => [query, ...matches.map(({ image }) => image)]);
  const cells = await benchmark.cells(device, model, all);
  const cellsOf = (image: number) => {
    const found = cells.get(image);
    if (found === undefined) throw new Error(`The report maps image ${image}, which was not embedded`);
    return found;
  };
  const { maps, limit } = await retrievalMaps(
    shown.map(({ query, matches }) => ({
      query: cellsOf(query),
      matches: matches.map(({ image }) => cellsOf(image)),
    })),
  );
  return { retrieval: rows, maps, partsLimit: limit };
}

/** An image with its person and camera as the user calls them. */
async function reportImage(
  dataset: ReidDataset,
  { path, identity, camera }: PersonImage,
): Promise<ReportImage> {
  return {
    name: basename(path),
    bytes: await Deno.readFile(path),
    identity: identityName(dataset, identity),
    camera: cameraName(dataset, camera),
  };
}
