/** `deno task bench:gpu`: all that is worth knowing of a machine with a GPU, in one command and at most eight minutes. */
import { join } from "node:path";
import { reportAdapter } from "../cli/adapter_report.ts";
import { runCommand } from "../cli/command.ts";
import { openDevice } from "../cli/device.ts";
import { type Command, type FlagTable, parseFlags } from "../cli/flags.ts";
import { measurePeaks, selfTest, UserError } from "../engine/mod.ts";
import { writeWhole } from "../train/write_whole.ts";
import { measureCase } from "./gpu/measure.ts";
import { type GpuCase, gpuPage, type GpuReport } from "./gpu/page.ts";
import { hasTorch, torchAgreement, torchTimes } from "./gpu/torch.ts";
import { type Profile, profileOf } from "./plan/profiles.ts";

const COMMAND: Command = {
  usage: "deno task bench:gpu",
  summary:
    "Measures a machine with a GPU: its peaks, its results against the CPU's, steps and forward passes beside their plan, " +
    "kernel by kernel, and PyTorch where it is installed. Writes report.json and report.md as it goes.",
  examples: [
    ["deno task bench:gpu --out gpu", "eight minutes at most"],
    ["deno task bench:gpu --out gpu --small", "small networks and images, for a software adapter"],
  ],
};

const FLAGS = {
  out: { type: "string", value: "DIR", required: true, help: "Folder for the report." },
  small: { type: "boolean", help: "Narrow networks, 4 images of 32×32 pixels, and short rows." },
  minutes: {
    type: "number",
    above: 0,
    default: 8,
    help: "Nothing is begun after so many minutes; what is left out is listed.",
  },
} as const satisfies FlagTable;

/** The sizes of docs/performance.md. */
const SIZES = [
  { width: 1, imageHeight: 256, imageWidth: 128, batch: 64 },
  { width: 0.5, imageHeight: 128, imageWidth: 64, batch: 64 },
];
/** Small enough for a software adapter, which compiles more kernels for wider networks. */
const SMALL_SIZES = [0.1, 0.02].map((width) => ({ width, imageHeight: 32, imageWidth: 32, batch: 4 }));

/** Runs the command. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { out, small, minutes } = parseFlags(COMMAND, FLAGS, args);
  await Deno.mkdir(out, { recursive: true });
  const report: GpuReport = { cases: [], torch: [], leftOut: [], finished: false, seconds: 0 };
  const start = performance.now();
  const left = () => 60 * minutes - (performance.now() - start) / 1000;
  /** Does a part of the work if there is time, and writes what is known. */
  const section = async (name: string, work: () => Promise<void>) => {
    if (left() <= 0) report.leftOut.push(`${name}: no time was left`);
    else {
      console.error(`${name} (${left().toFixed(0)} s left)`);
      try {
        await work();
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        report.leftOut.push(`${name}: ${error.message}`);
      }
    }
    report.seconds = (performance.now() - start) / 1000;
    await writeReport(out, report);
  };

  using device = await openDevice({ timestamps: true });
  let profile: Profile | undefined;
  await section("Adapter, peaks and self-test", async () => {
    report.adapter = await reportAdapter(device, measurePeaks, (device) => selfTest(device));
    profile = profileOf(report.adapter);
  });
  const sizes = small ? SMALL_SIZES : SIZES;
  const cases = sizes.flatMap((size) =>
    (["f32", "f16"] as const).map((precision): GpuCase => ({ ...size, precision }))
  );
  for (const which of cases) {
    await section(`MobileNetV2 ${which.width} in ${which.precision}`, async () => {
      if (!profile) throw new UserError("the adapter was not measured");
      const begun = performance.now();
      const programs = await measureCase(
        device,
        profile,
        which,
        small ? { steps: 2, repeats: 2 } : { steps: 20, repeats: 3 },
      );
      report.cases.push({ ...which, programs, seconds: (performance.now() - begun) / 1000 });
    });
  }
  await section("PyTorch", async () => {
    if (!await hasTorch()) throw new UserError("python3 -c 'import torch' fails");
    const { width, imageHeight: height, imageWidth } = sizes[1];
    const file = join(out, "step.safetensors");
    report.torch.push(await torchAgreement(device, { width, height, imageWidth }, file, left()));
    report.torch.push(await torchTimes(sizes[0].batch, left()));
  });
  report.finished = true;
  await writeReport(out, report);
  console.log(
    `${join(out, "report.md")}: ${report.cases.length} of ${cases.length} cases in ${
      report.seconds.toFixed(0)
    } s`,
  );
  for (const line of report.leftOut) console.log(`left out: ${line}`);
  return 0;
}

async function writeReport(folder: string, report: GpuReport): Promise<void> {
  await writeWhole(join(folder, "report.json"), JSON.stringify(report, null, 2) + "\n");
  await writeWhole(join(folder, "report.md"), gpuPage(report));
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
