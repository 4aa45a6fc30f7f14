/** One training step and one forward pass of MobileNetV2: time, memory, and what each kernel takes. */
import { type Command, type FlagTable, parseFlags } from "../cli/flags.ts";
import { runCommand } from "../cli/command.ts";
import { RUN_FLAGS } from "../cli/train_flags.ts";
import { betterPeaks, Device, measurePeaks, type Peaks, Random, timestampTick } from "../engine/mod.ts";
import { ReidModel } from "../model/reid_model.ts";
import { completeOptions, optionsFor } from "../train/options.ts";
import { modelSpec } from "../train/from_options.ts";
import { tickInWords } from "../cli/adapter_report.ts";
import { byKernel, chromeTrace } from "./profile.ts";
import { convolutionOutputBytes, leastBytes, totalWork } from "./program_work.ts";
import { giga, peaksLine, rooflineTable } from "./roofline_table.ts";
import { mebibytes } from "./units.ts";
import { BATCH_FLAG, checkBatch, STEP_SETTINGS } from "./step_programs.ts";
import { timePrograms, type Timing } from "./step_timings.ts";

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

/** Runs the bench. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  checkBatch(flags);
  const { batch, steps, repeats, tune, trace, ...settings } = flags;
  const device = await Device.open({ timestamps: true });
  try {
    const options = optionsFor(device.target, completeOptions(settings));
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
        } ms in a separate run, each dispatch between two timestamps\n`,
        rooflineTable(byKernel(profile), peaks),
      ]
      : ["  in kernels       unknown: this adapter has no timestamps that can be trusted"]),
  ].join("\n");
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
