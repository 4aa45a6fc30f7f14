/** The data of a run report: collected by the training loop, drawn by {@linkcode renderReport}. */
import type { ReidDataset } from "../../data/dataset.ts";
import type { Protocol } from "../../data/protocol.ts";
import type { CameraPairScores } from "../../eval/camera_pairs.ts";
import type { RankingResult } from "../../eval/ranking.ts";
import type { Verified } from "../../eval/verification/verify_network.ts";
import type { RetrievalMaps } from "./retrieval_maps.ts";

/** The scores of one way to rank the gallery. */
export interface NamedScores {
  /** Such as "Trained", "Untrained" or "Color histogram". */
  readonly name: string;
  readonly scores: Omit<RankingResult, "cmc"> & { readonly cmc: ArrayLike<number> };
}

/** The scores that tables show, by their titles. */
export const SCORE_COLUMNS:
  readonly (readonly [title: string, of: (scores: NamedScores["scores"]) => number])[] = [
    ["rank-1", ({ rank }) => rank[1]],
    ["rank-5", ({ rank }) => rank[5]],
    ["rank-10", ({ rank }) => rank[10]],
    ["rank-20", ({ rank }) => rank[20]],
    ["mAP", ({ mAP }) => mAP],
    ["mAP (trapezoid)", ({ mAPTrapezoid }) => mAPTrapezoid],
    ["mINP", ({ mINP }) => mINP],
  ];

/** One value per logged step of training; non-finite values are left out of the plots. */
export interface TrainingCurves {
  readonly step: ArrayLike<number>;
  readonly loss: ArrayLike<number>;
  /** Share of triplets (or anchors, or pairs) whose loss is above 0, from 0 to 1. */
  readonly active: ArrayLike<number>;
  /** Mean d(a,p) of the chosen triplets. */
  readonly positiveDistance: ArrayLike<number>;
  /** Mean d(a,n) of the chosen triplets. */
  readonly negativeDistance: ArrayLike<number>;
  readonly learningRate: ArrayLike<number>;
  /** For a run in f16: the loss scale, and the number of steps skipped so far. */
  readonly lossScale?: { readonly scale: ArrayLike<number>; readonly skippedSteps: ArrayLike<number> };
}

/** Histogram of distances of pairs of one identity and of two; bin i starts at i · binWidth. */
export interface DistanceHistogram {
  /** Such as "Before training". */
  readonly name: string;
  readonly binWidth: number;
  /** Pairs of one identity in each bin. */
  readonly positives: readonly number[];
  /** Pairs of two identities in each bin. */
  readonly negatives: readonly number[];
}

/** An image file. */
export interface ReportImage {
  /** File name; shown as text, never as markup. */
  readonly name: string;
  /** The file's bytes, JPEG or PNG. */
  readonly bytes: Uint8Array;
  /** The names of the person and of the camera. */
  readonly identity: string;
  readonly camera: string;
}

/** A query with its nearest gallery images. */
export interface Retrieval {
  readonly query: ReportImage;
  /** Nearest first. */
  readonly matches: readonly (ReportImage & { readonly distance: number; readonly right: boolean })[];
}

/** Everything on the page. */
export interface ReportData {
  readonly title: string;
  /** The run's settings in the order to show them. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** The trained network first, then its baselines. */
  readonly scores: readonly NamedScores[];
  /** The rules of the scores. */
  readonly protocol: Protocol;
  /** The trained network's scores by pair of cameras; none by the same-camera protocol. */
  readonly cameraPairs: readonly CameraPairScores[];
  /** The trained network's rates of thresholds. */
  readonly verified: Verified;
  /** Names of people and cameras, where they are not their numbers. */
  readonly names: ReidDataset["names"];
  readonly curves: TrainingCurves;
  readonly distances: readonly DistanceHistogram[];
  readonly retrieval: readonly Retrieval[];
  /** The maps over the pictures of each row of `retrieval`. */
  readonly maps: readonly RetrievalMaps[];
  /** The part of a cosine, in one cell, at which the maps' scale ends. */
  readonly partsLimit: number;
  /** Notes on events that a reader must know, such as skipped files or collapsed embeddings. */
  readonly notes: readonly string[];
}
