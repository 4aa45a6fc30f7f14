/** What a run tells of every step: the metrics that are shown, and those that a checkpoint keeps. */
import { LOSS_SCALE_STATE, TRIPLET_METRICS } from "../engine/mod.ts";
import type { RunOptions } from "./options.ts";

/** What one step reports. */
export interface StepMetrics {
  /** Counted from 0. */
  readonly step: number;
  /** The loss that was differentiated. */
  readonly total: number;
  /** The triplet loss alone. */
  readonly triplet: number;
  /** Share of active triplets, 0 to 1. */
  readonly active: number;
  readonly positiveDistance: number;
  readonly negativeDistance: number;
  /** Triplets in the mean. */
  readonly triplets: number;
  /** Anchors without a negative in the batch. */
  readonly withoutNegative: number;
  readonly spread: number;
  readonly learningRate: number;
  /** What the next step's loss is multiplied by; 1 where precision is f32. */
  readonly lossScale: number;
  /** Steps of the run so far whose gradients overflowed, so that nothing was updated. */
  readonly skippedSteps: number;
  /** Norm of all gradients before clipping; 0 if they are not clipped. */
  readonly gradientNorm: number;
}

/** Columns of a checkpoint's `history`. */
const HISTORY = [
  "total",
  "active",
  "positiveDistance",
  "negativeDistance",
  "spread",
  "learningRate",
] as const;

/** Columns that come after those where precision is f16: the log of the loss's scale. */
const LOSS_SCALE_HISTORY = ["lossScale", "skippedSteps"] as const;

/** Column that comes last if gradients are clipped. */
const CLIPPING_HISTORY = ["gradientNorm"] as const;

/** A column of a checkpoint's `history`. */
export type HistoryColumn =
  | typeof HISTORY[number]
  | typeof LOSS_SCALE_HISTORY[number]
  | typeof CLIPPING_HISTORY[number];

/** Columns of the `history` of a run with these options. */
export function historyColumns({ precision, clipNorm }: RunOptions): readonly HistoryColumn[] {
  return [
    ...HISTORY,
    ...(precision === "f16" ? LOSS_SCALE_HISTORY : []),
    ...(clipNorm > 0 ? CLIPPING_HISTORY : []),
  ];
}

/** What a training step gives: see recordTrainingStep(). */
export interface StepOutputs {
  /** [1]. */
  readonly total: Float32Array;
  /** In the order of TRIPLET_METRICS. */
  readonly triplet: Float32Array;
  /** [1]: 0 as long as weights, moments and running statistics are finite. */
  readonly nonFinite: Float32Array;
  /** In the order of LOSS_SCALE_STATE; absent where the loss has no scale. */
  readonly lossScale?: Float32Array;
  /** [4], beginning with the norm of the gradients; absent if they are not clipped. */
  readonly clipping?: Float32Array;
}

/** The metrics of a step, counted from 0, that was made at a learning rate. */
export function stepMetrics(
  step: number,
  { total, triplet, lossScale, clipping }: StepOutputs,
  learningRate: number,
): StepMetrics {
  const scaled = (name: typeof LOSS_SCALE_STATE[number]) => lossScale?.[LOSS_SCALE_STATE.indexOf(name)];
  // A missing metric is NaN: a run stops at it.
  const metric = (name: typeof TRIPLET_METRICS[number]) => triplet[TRIPLET_METRICS.indexOf(name)] ?? NaN;
  return {
    step,
    total: total[0] ?? NaN,
    triplet: metric("loss"),
    active: metric("active"),
    positiveDistance: metric("positiveDistance"),
    negativeDistance: metric("negativeDistance"),
    triplets: metric("triplets"),
    withoutNegative: metric("withoutNegative"),
    spread: metric("spread"),
    learningRate,
    lossScale: scaled("scale") ?? 1,
    skippedSteps: scaled("skippedSteps") ?? 0,
    gradientNorm: clipping?.[0] ?? 0,
  };
}
