/** One training step and one forward pass of MobileNetV2: time, memory, and what each kernel takes. */
import { type Command, type FlagTable, parseFlags } from "../cli/flags.ts";
import { runCommand } from "../cli/command.ts";
import { RUN_FLAGS } from "../cli/train_flags.ts";
import { tuner } from "../cli/tuning.ts";
import {
  betterPeaks,
  Device,
  measurePeaks,
  median,
  type Peaks,
  Random,
  timestampTick,
  wallClock,
} from "../engine/mod.ts";
import { Embedder } from "../model/embedder.ts";
import { ReidModel } from "../model/reid_model.ts";
import { completeOptions, type TrainingOptions } from "../train/options.ts";
import { recordTrainingStep, trainingOptimizer } from "../train/step.ts";
import { modelSpec } from "../train/from_options.ts";
import { cpuClock } from "./clock.ts";
import type { OpenRun } from "../engine/plan/schedule.ts";
import { profile } from "../engine/timing/profile.ts";
import { tickInWords } from "../cli/adapter_report.ts";
import { byKernel, chromeTrace, type ProfiledDispatch } from "./profile.ts";
import { convolutionOutputBytes, leastBytes, totalWork } from "./program_work.ts";
import { giga, peaksLine, rooflineTable } from "./roofline_table.ts";
import { mebibytes } from "./units.ts";
import { BATCH_FLAG, checkBatch, forwardInputs, STEP_SETTINGS, stepInputs } from "./step_programs.ts";

/** Where tuned variants are kept, as by `deno task train`. */
const CACHE = ".cache";

const COMMAND: Command = {
  usage: "deno task bench:step",
  summary:
    "Times one training step and one forward pass of MobileNetV2 on random images, and says what bounds them.",
  examples: [
    [
      "deno task bench:step --width 1 --image-height 256 --image-width 128 --batch 16",
      "the paper's full width",
    ],
    ["deno task bench:step --trace step.json", "every dispatch, for ui.perfetto.dev"],
  ],
};

const FLAGS = {
  ...STEP_SETTINGS,
  batch: BATCH_FLAG,
  steps: {
    type: "integer",
    min: 1,
    max: 1000,
    default: 4,
    help: "Steps that are submitted in a row and timed together.",
  },
  repeats: { type: "integer", min: 1, max: 100, default: 3, help: "Such rows, of which the median counts." },
  tune: RUN_FLAGS.tune,
  trace: { type: "string", value: "FILE", help: "Writes every dispatch's time in Chrome's trace format." },
} as const satisfies FlagTable;

/** What both kinds of program offer here. */
interface Runnable<Inputs = never> {
  readonly dispatches: Parameters<typeof totalWork>[0];
  readonly memory: { readonly temporaries: number; readonly total: number };
  readonly stagedBytes: number;
  submit(inputs: Inputs, options?: { more?: boolean }): Promise<{ outputs: Promise<unknown> }>;
  begin(inputs: Inputs): OpenRun;
}

interface Timing {
  readonly name: string;
  readonly program: Runnable;
  /** Milliseconds of a run. */
  readonly milliseconds: number;
  /** Milliseconds of CPU time of a run, all threads added up. */
  readonly cpuMilliseconds: number;
  /** Empty where the adapter has no timestamps, or none that can be trusted. */
  readonly profile: readonly ProfiledDispatch[];
}

/** Runs the bench. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  checkBatch(flags);
  const { batch, steps, repeats, tune, trace, ...settings } = flags;
  const options = completeOptions(settings);
  const device = await Device.open({ timestamps: true });
  try {
    const before = await measurePeaks(device);
    const model = new ReidModel(
      device,
      modelSpec(options, 0),
      new Random(options.seed),
    );
    const timings = await timePrograms(device, model, options, { batch, steps, repeats, tune });
    const peaks = betterPeaks(before, await measurePeaks(device));
    console.log(`${device.adapter.name}, tensors in ${device.storage}s: ${peaksLine(peaks)}`);
    if (device.timestamps) {
      const tick = await timestampTick(device);
      (tick.nanoseconds === undefined ? console.error : console.log)(tickInWords(tick));
    }
    const size = `${options.imageHeight}×${options.imageWidth}`;
    console.log(
      `MobileNetV2 ${options.width}, ${size}, ${batch} images, loss ${options.loss}, Adam, ${options.precision}`,
    );
    for (const timing of timings) console.log(describe(timing, model, peaks, batch));
    if (trace !== undefined) {
      const profiles = Object.fromEntries(timings.map(({ name, profile }) => [name, profile]));
      await Deno.writeTextFile(trace, chromeTrace(profiles));
      console.log(`\nTrace in ${trace}: open it in ui.perfetto.dev or chrome://tracing`);
    }
    return 0;
  } finally {
    device.destroy();
  }
}

async function timePrograms(
  device: Device,
  model: ReidModel,
  options: TrainingOptions,
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
  const training = await time("training step", step, stepInputs(options, optimizer, batch), timed);
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

function describe(timing: Timing, model: ReidModel, peaks: Peaks, batch: number): string {
  const { name, program, milliseconds, cpuMilliseconds, profile } = timing;
  const { dispatches, memory, stagedBytes } = program;
  const work = totalWork(dispatches);
  const outputs = convolutionOutputBytes(dispatches);
  const least = leastBytes(outputs, model.parameters.trainableBytes, name === "training step");
  const moved = work.bytesRead + work.bytesWritten;
  const inKernels = profile.reduce((sum, run) => sum + run.milliseconds, 0);
  const stagedText = stagedBytes > 0 ? `, and ${giga(2 * stagedBytes)} GB from buffers into textures` : "";
  return [
    `\n${name}: ${milliseconds.toFixed(1)} ms, ${(milliseconds / batch).toFixed(2)} ms an image, ` +
    `${(1000 * batch / milliseconds).toFixed(1)} images/s, ${giga(1000 * work.flops / milliseconds)} GFLOP/s`,
    `  CPU time         ${cpuMilliseconds.toFixed(1)} ms, all threads added up`,
    `  dispatches       ${dispatches.length}`,
    `  bytes moved      ${giga(moved)} GB by kernels, ${
      (moved / least).toFixed(2)
    } times the least for these layers, ` +
    `${giga(least)} GB${stagedText}`,
    `  memory           ${mebibytes(memory.total)}, of which ${
      mebibytes(memory.temporaries)
    } intermediate, ` +
    `${(memory.temporaries / outputs).toFixed(2)} times the convolutions' outputs, ${mebibytes(outputs)}; ` +
    `weights and optimizer ${mebibytes(model.parameters.gpuBytes)}`,
    ...(profile.length > 0
      ? [
        `  in kernels       ${
          inKernels.toFixed(1)
        } ms in a run of its own, each dispatch between two timestamps\n`,
        rooflineTable(byKernel(profile), peaks),
      ]
      : ["  in kernels       unknown: this adapter has no timestamps that can be trusted"]),
  ].join("\n");
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
