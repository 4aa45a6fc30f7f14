/** One case on a GPU: times, and each kernel's beside its plan. */
import { Device, Random } from "../../engine/mod.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { modelSpec } from "../../train/from_options.ts";
import { completeOptions, optionsFor } from "../../train/options.ts";
import { planForward, planStep } from "../plan/count.ts";
import type { Profile } from "../plan/profiles.ts";
import { type PlanSummary, summarize } from "../plan/summary.ts";
import { byKernel } from "../profile.ts";
import { timePrograms, type Timing } from "../step_timings.ts";
import type { GpuCase, MeasuredKernel, MeasuredProgram } from "./page.ts";

/**
 * Times a training step and a forward pass.
 *
 * @param profile the adapter, with its measured rates.
 * @param how runs of a row, and rows.
 * @throws {LimitError} when the adapter cannot hold a tensor.
 */
export async function measureCase(
  device: Device,
  profile: Profile,
  { batch, ...settings }: GpuCase,
  how: { steps: number; repeats: number },
): Promise<MeasuredProgram[]> {
  const options = optionsFor(device.target, completeOptions({ loss: "hard", ...settings }));
  const plans = [await planStep(profile, options, batch), await planForward(profile, options, batch)];
  const model = new ReidModel(device, modelSpec(options, 0), new Random(options.seed));
  try {
    const timings = await timePrograms(device, model, options, { batch, tune: false, ...how });
    return timings.map((timing, i) => measured(timing, summarize(plans[i], profile)));
  } finally {
    model.parameters.destroy();
  }
}

function measured(
  { name, milliseconds, cpuMilliseconds, profile }: Timing,
  plan: PlanSummary,
): MeasuredProgram {
  const { total, pipelines, kernels } = plan;
  const planned = new Map(kernels.map((kernel) => [kernel.kernel, kernel]));
  return {
    name,
    milliseconds,
    cpuMilliseconds,
    dispatches: total.dispatches,
    pipelines,
    bytes: total.bytesRead + total.bytesWritten,
    flops: total.flops,
    roofline: total.roofline,
    expected: total.expected,
    kernels: byKernel(profile).flatMap(({ kernel, milliseconds }): MeasuredKernel[] => {
      const found = planned.get(kernel);
      if (!found) return [];
      const { dispatches, roofline, expected } = found;
      return [{ kernel, dispatches, measured: milliseconds, roofline, expected }];
    }),
  };
}
