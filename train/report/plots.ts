/**
 * The report's plots as inline SVG, drawn without a browser. Colors are the page's CSS variables, so they follow
 * its light and dark themes.
 */
import * as Plot from "@observablehq/plot";
import { Html } from "./html.ts";
import type { Verification } from "../../eval/verification/verify.ts";
import type { DistanceHistogram, NamedScores } from "./report_data.ts";
import { svgPlot } from "./svg.ts";

/** CSS colors of the sets in a comparison, the trained network first. */
export const seriesColor = (i: number): string => `var(--series-${i % 4 + 1})`;

/** A plot of a page's usual size. @param label what it shows, for those who cannot see it. */
export function pagePlot(label: string, options: Plot.PlotOptions): Html {
  const svg = svgPlot(label, {
    width: 440,
    height: 250,
    marginTop: 26,
    marginLeft: 56,
    marginRight: 14,
    marginBottom: 38,
    style: { fontSize: "13px", background: "none" },
    ...options,
  });
  return new Html(svg);
}

/** A curve's mean, minimum and maximum over a range of steps. */
export interface CurvePoint {
  readonly step: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const MAX_POINTS = 160;

/** Reduces a curve to at most 160 points, each the mean of equally many steps; non-finite values are left out. */
export function thinCurve(step: ArrayLike<number>, values: ArrayLike<number>): CurvePoint[] {
  const kept: number[] = [];
  for (let i = 0; i < step.length; i++) if (Number.isFinite(values[i] ?? NaN)) kept.push(i);
  const size = Math.max(1, Math.ceil(kept.length / MAX_POINTS));
  const points: CurvePoint[] = [];
  for (let start = 0; start < kept.length; start += size) {
    const group = kept.slice(start, start + size);
    const inGroup = group.map((i) => values[i]!);
    points.push({
      step: group.reduce((sum, i) => sum + step[i]!, 0) / group.length,
      mean: inGroup.reduce((sum, value) => sum + value, 0) / group.length,
      low: Math.min(...inGroup),
      high: Math.max(...inGroup),
    });
  }
  return points;
}

function curveMarks(points: readonly CurvePoint[], color: string): Plot.Markish[] {
  return [
    Plot.areaY(points, { x: "step", y1: "low", y2: "high", fill: color, fillOpacity: 0.18 }),
    Plot.lineY(points, { x: "step", y: "mean", stroke: color, strokeWidth: 1.8 }),
  ];
}

/**
 * Plots curves over the steps of training.
 *
 * @param what the curves show, for those who cannot see them.
 * @param y settings of the vertical axis.
 * @param curves the values of each, and its color.
 */
export function curvePlot(
  what: string,
  y: Plot.ScaleOptions,
  step: ArrayLike<number>,
  ...curves: readonly (readonly [values: ArrayLike<number>, color: string])[]
): Html {
  return pagePlot(`${what} over the steps of training`, {
    x: { label: "step", ticks: 6, nice: true },
    y: { grid: true, zero: true, nice: true, ticks: 5, ...y },
    marks: [
      Plot.ruleY([0]),
      ...curves.flatMap(([values, color]) => curveMarks(thinCurve(step, values), color)),
    ],
  });
}

/** The right end of the last bin that holds a pair. */
export function upperEnd({ binWidth, positives, negatives }: DistanceHistogram): number {
  const last = (counts: readonly number[]) => counts.findLastIndex((count) => count > 0) + 1;
  return Math.max(last(positives), last(negatives)) * binWidth;
}

/**
 * The distances of positive and of negative pairs, each as a share of its own pairs.
 *
 * @param upper the right end of the axis, shared by plots that are to be compared.
 * @param thresholds distances to mark.
 */
export function histogramPlot(
  histogram: DistanceHistogram,
  upper: number,
  thresholds: readonly number[] = [],
): Html {
  const bars = (counts: readonly number[], color: string) => {
    const total = Math.max(1, counts.reduce((sum, count) => sum + count, 0));
    const bins = counts.map((count, i) => ({
      x1: i * histogram.binWidth,
      x2: (i + 1) * histogram.binWidth,
      share: count / total,
    }));
    return Plot.rectY(bins, { x1: "x1", x2: "x2", y: "share", fill: color, fillOpacity: 0.55, inset: 0 });
  };
  return pagePlot(`${histogram.name}: distances of positive and of negative pairs`, {
    x: { label: "distance", domain: [0, upper || 1], ticks: 6 },
    y: { label: "share of pairs", grid: true, ticks: 5, tickFormat: "~%", nice: true },
    marks: [
      bars(histogram.negatives, "var(--negative)"),
      bars(histogram.positives, "var(--positive)"),
      Plot.ruleX(thresholds, { stroke: "var(--ink)", strokeDasharray: "4 3" }),
      Plot.ruleY([0]),
    ],
  });
}

/** Share of queries with a right match among the first k, for k up to 50, for each set. */
export function cmcPlot(sets: readonly NamedScores[]): Html {
  const lines = sets.map(({ scores }, i) => {
    const points = Array.from(scores.cmc, (share, k) => ({ k: k + 1, share }));
    return Plot.lineY(points, {
      x: "k",
      y: "share",
      stroke: seriesColor(i),
      strokeWidth: i === 0 ? 2.4 : 1.6,
    });
  });
  return pagePlot(`Cumulative matching characteristic of ${sets.map(({ name }) => name).join(", ")}`, {
    height: 290,
    x: { label: "k", type: "linear", ticks: [1, 10, 20, 30, 40, 50] },
    y: { label: "right match among the first k", domain: [0, 1], grid: true, tickFormat: "%", ticks: 5 },
    marks: [Plot.ruleY([0]), ...lines],
  });
}

/** True-accept rate against false-accept rate, on a logarithmic axis, for each kind of pairs. */
export function rocPlot(kinds: readonly Verification[]): Html {
  const least = Math.min(...kinds.map(({ negatives }) => 1 / negatives));
  const lines = kinds.map(({ curve }, i) => {
    const points = curve.map(([x, y]) => ({ x, y })).filter(({ x }) => x > 0);
    const width = i === 0 ? 2.4 : 1.6;
    return Plot.lineY(points, {
      x: "x",
      y: "y",
      stroke: seriesColor(i),
      strokeWidth: width,
      curve: "step-after",
    });
  });
  return pagePlot(`ROC of ${kinds.map(({ pairs }) => pairs).join(" and of ")} pairs`, {
    height: 290,
    marginRight: 24, // For the last label.
    x: {
      label: "false-accept rate",
      type: "log",
      domain: [10 ** Math.floor(Math.log10(least)), 1],
      tickFormat: "~e",
      ticks: 5,
    },
    y: { label: "true-accept rate", domain: [0, 1], grid: true, tickFormat: "%", ticks: 5 },
    marks: [Plot.ruleY([0]), ...lines],
  });
}
