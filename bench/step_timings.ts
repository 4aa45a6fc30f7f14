/** Times of a training step and of a forward pass, in rows as a training loop makes them, and of each dispatch. */
import { type Device, median, type Recorded, timestampTick, wallClock } from "../engine/mod.ts";
import type { OpenRun } from "../engine/plan/schedule.ts";
import { profile } from "../engine/timing/profile.ts";
import { Embedder } from "../model/embedder.ts";
import type { ReidModel } from "../model/reid_model.ts";
import type { RunOptions } from "../train/options.ts";
import { recordTrainingStep, trainingOptimizer } from "../train/step.ts";
import { tuner } from "../cli/tuning.ts";
import { cpuClock } from "./clock.ts";
import type { ProfiledDispatch } from "./profile.ts";
import { forwardInputs, stepInputs } from "./step_programs.ts";

/** Where tuned variants are kept, as by `deno task train`. */
const CACHE = ".cache";

/** What both kinds of program offer here. */
export interface Runnable<Inputs = never> {
  readonly dispatches: readonly Recorded[];
  readonly memory: { readonly temporaries: number; readonly total: number };
  readonly stagedBytes: number;
  submit(inputs: Inputs, options?: { more?: boolean }): Promise<{ outputs: Promise<unknown> }>;
  begin(inputs: Inputs): OpenRun;
}

/** A program and its times. */
export interface Timing {
  readonly name: string;
  readonly program: Runnable;
  /** Milliseconds of a run. */
  readonly milliseconds: number;
  /** Milliseconds of CPU time of a run, all threads added up. */
  readonly cpuMilliseconds: number;
  /** Empty where the adapter has no timestamps, or none that can be trusted. */
  readonly profile: readonly ProfiledDispatch[];
}

/**
 * Times both programs.
 *
 * @param how images of a batch, runs of a row, rows, and whether kernels are tuned first.
 */
export async function timePrograms(
  device: Device,
  model: ReidModel,
  options: RunOptions,
  how: { batch: number; steps: number; repeats: number; tune: boolean },
): Promise<Timing[]> {
  const { batch } = how;
  const timed = {
    ...how,
    timestamps: device.timestamps && (await timestampTick(device)).nanoseconds !== undefined,
  };
  const optimizer = trainingOptimizer(model, options);
  let step = await recordTrainingStep(device, model, optimizer, options, batch);
  if (how.tune) {
    device.choose(await tuner(device, CACHE)(step.dispatches));
    step.destroy();
    step = await recordTrainingStep(device, model, optimizer, options, batch);
  }
  optimizer.rate = 1e-5;
  const training = await time("training step", step, stepInputs(options, batch), timed);
  step.destroy();
  const embedder = await Embedder.open(device, model, batch);
  const forward = await time("forward", embedder.program, forwardInputs(options, batch), timed);
  embedder.destroy();
  return [training, forward];
}

/** Times rows of runs as a training loop makes them: submitted one after another, awaited at the end. */
async function time<Inputs>(
  name: string,
  program: Runnable<Inputs>,
  inputs: Inputs,
  { steps, repeats, timestamps }: { steps: number; repeats: number; timestamps: boolean },
): Promise<Timing> {
  await (await program.submit(inputs)).outputs;
  const times: number[] = [];
  const cpuTimes: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const [start, cpuStart] = [wallClock(), cpuClock()];
    const waiting: Promise<unknown>[] = [];
    for (let i = 0; i < steps; i++) {
      waiting.push((await program.submit(inputs, { more: i < steps - 1 })).outputs);
    }
    await Promise.all(waiting);
    times.push((wallClock() - start) / steps);
    cpuTimes.push((cpuClock() - cpuStart) / steps);
  }
  const profile = timestamps ? await profileOf(program, inputs) : [];
  return { name, program, milliseconds: median(times), cpuMilliseconds: median(cpuTimes), profile };
}

async function profileOf<Inputs>(program: Runnable<Inputs>, inputs: Inputs): Promise<ProfiledDispatch[]> {
  const milliseconds = await profile(program, inputs);
  return program.dispatches.map((recorded, i) => ({ recorded, milliseconds: milliseconds[i] }));
}
