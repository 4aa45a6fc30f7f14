/** What a plan comes to on an adapter, as plain data: counts, the least time, and the dispatches that do not fill it. */
import { leastMilliseconds, type Work } from "../../engine/mod.ts";
import type { Plan, PlannedDispatch } from "./count.ts";
import type { Profile } from "./profiles.ts";

/** Times in milliseconds. */
interface Times {
  /** The least time by the roofline: all arithmetic and all traffic at their peak rates. */
  readonly roofline: number;
  /** The same with the cost of each dispatch, and with lower rates where too few threads are under way. */
  readonly expected: number;
}

/** Several dispatches, added up. */
export interface Total extends Work, Times {
  readonly dispatches: number;
}

/** All dispatches of one kernel. */
export interface KernelTotal extends Total {
  readonly kernel: string;
  /** Different pipelines among them. */
  readonly pipelines: number;
}

/** Dispatches of one kernel and shape with too few threads. */
export interface Unfilled extends Times {
  readonly kernel: string;
  readonly shape: string;
  readonly dispatches: number;
  readonly threads: number;
}

/** Dispatches that do not fill the adapter, among all of their kind. */
export interface UnfilledGroup {
  readonly count: number;
  readonly of: number;
  readonly dispatches: readonly Unfilled[];
}

/** A program on an adapter. */
export interface PlanSummary extends Omit<Plan, "dispatches"> {
  readonly total: Total;
  /** The most expensive kernel first. */
  readonly kernels: readonly KernelTotal[];
  /** Matrix products, forward and dX, and everything else. */
  readonly unfilled: { readonly products: UnfilledGroup; readonly others: UnfilledGroup };
}

/** Sums up a plan for an adapter. */
export function summarize({ dispatches, ...counts }: Plan, profile: Profile): PlanSummary {
  const kernels = [...Map.groupBy(dispatches, ({ kernel }) => kernel)].map(([kernel, runs]) => ({
    kernel,
    pipelines: new Set(runs.map(({ pipeline }) => pipeline)).size,
    ...totalOf(runs, profile),
  })).sort((a, b) => b.expected - a.expected);
  const group = (runs: readonly PlannedDispatch[]): UnfilledGroup => {
    const unfilled = runs.filter(({ threads }) => threads < profile.threads);
    const alike = Map.groupBy(unfilled, ({ kernel, shape, threads }) => `${kernel} ${shape} ${threads}`);
    return {
      count: unfilled.length,
      of: runs.length,
      dispatches: [...alike.values()].flatMap((same): Unfilled[] => {
        const { kernel, shape, threads } = same[0];
        const { roofline, expected } = totalOf(same, profile);
        return [{ kernel, shape, dispatches: same.length, threads, roofline, expected }];
      }).sort((a, b) => b.expected - a.expected),
    };
  };
  return {
    ...counts,
    total: totalOf(dispatches, profile),
    kernels,
    unfilled: {
      products: group(dispatches.filter(isProduct)),
      others: group(dispatches.filter(isNoProduct)),
    },
  };
}

/** Products of activations and weights: pointwise convolutions and dense layers, forward and their input's gradient. */
function isProduct({ kernel }: PlannedDispatch): boolean {
  return kernel.startsWith("matmul") && !kernel.includes("weight_gradient");
}

function isNoProduct(dispatch: PlannedDispatch): boolean {
  return !isProduct(dispatch);
}

/**
 * Adds up dispatches. A dispatch of fewer threads than fill the adapter loads and computes at that share of its rates, as
 * each thread waits for its own loads.
 */
export function totalOf(dispatches: readonly PlannedDispatch[], { peaks, threads: full }: Profile): Total {
  const total = {
    dispatches: dispatches.length,
    flops: 0,
    bytesRead: 0,
    bytesWritten: 0,
    roofline: 0,
    expected: 0,
  };
  for (const { work, threads } of dispatches) {
    const least = leastMilliseconds(work, peaks);
    total.flops += work.flops;
    total.bytesRead += work.bytesRead;
    total.bytesWritten += work.bytesWritten;
    total.roofline += least;
    total.expected += peaks.dispatchCost + least / Math.min(1, threads / full);
  }
  return total;
}
