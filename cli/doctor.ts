/** `deno task doctor`: shows the adapter, its limits and its speed, or what to install if there is none. */
import { failedTests, measurePeaks, NoAdapterError, selfTest, type SelfTestResult } from "../engine/mod.ts";
import { type AdapterReport, LIMITS, reportAdapter, tickInWords } from "./adapter_report.ts";
import { EXIT, runCommand } from "./command.ts";
import { openDevice } from "./device.ts";
import { type Command, type FlagTable, parseFlags } from "./flags.ts";
import { JSON_FLAG } from "./shared_flags.ts";

const COMMAND: Command = {
  usage: "deno task doctor",
  summary:
    "Shows the GPU that training would use, its limits and its measured speed, or what to install if there is none.",
  examples: [
    ["deno task doctor", "this machine"],
    ["deno task doctor --json", "the same as JSON"],
    ["deno task doctor --self-test --no-measure", "whether the GPU's results are right"],
  ],
};

const FLAGS = {
  json: JSON_FLAG,
  measure: { type: "boolean", default: true, help: "Measures the adapter's speed, which takes seconds." },
  selfTest: {
    type: "boolean",
    help: "Compares what the adapter computes with the CPU, and ends with exit code 1 if it differs.",
  },
} as const satisfies FlagTable;

/**
 * Runs the command.
 *
 * @param args the arguments after its name.
 * @returns the exit code: 0, or 1 if there is no adapter, or if it computes wrong results.
 * @throws {UsageError} for a mistake in the arguments.
 * @throws {EngineError} when the adapter fails.
 */
export async function main(args: string[]): Promise<number> {
  const { json, measure, selfTest: tests } = parseFlags(COMMAND, FLAGS, args);
  try {
    using device = await openDevice({ timestamps: true });
    const report = await reportAdapter(
      device,
      measure ? measurePeaks : undefined,
      tests ? (device) => selfTest(device) : undefined,
    );
    console.log(json ? JSON.stringify(report, null, 2) : describe(report));
    for (const warning of warnings(report)) console.error(warning);
    if (failedTests(report.selfTest ?? []).length === 0) return EXIT.done;
    console.error("This adapter computes wrong results. Please report it, with these lines:");
    console.error(JSON.stringify(report, null, 2));
    return EXIT.failed;
  } catch (error) {
    if (!(error instanceof NoAdapterError)) throw error;
    if (json) console.log(JSON.stringify({ adapter: null, error: error.message }, null, 2));
    console.error([error.message, ...installHints(Deno.build.os)].join("\n\n"));
    return EXIT.failed;
  }
}

/** Explanations for a user who expected a faster adapter. */
function warnings({ adapter, timestamps }: AdapterReport): string[] {
  const found: string[] = [];
  if (timestamps && timestamps.nanoseconds === undefined) found.push(tickInWords(timestamps));
  if (adapter.software) {
    found.push(
      "This is a software adapter: the CPU does the work. If this machine has a GPU, its driver is missing.",
    );
  }
  if (adapter.backend === "OpenGL") {
    found.push(
      "WebGPU runs on OpenGL: no Vulkan driver was found, or DENO_WEBGPU_BACKEND selects OpenGL. It works, with lower " +
        "limits; on Debian or Ubuntu `apt-get install mesa-vulkan-drivers` installs Vulkan drivers.",
    );
  }
  return found;
}

const HINTS: Readonly<Record<string, string>> = {
  linux:
    "Linux: WebGPU needs libvulkan and a driver for it. Debian, Ubuntu: `apt-get install mesa-vulkan-drivers` " +
    "(AMD, Intel, and a software adapter for every machine). Fedora: `dnf install mesa-vulkan-drivers`. Arch: " +
    "`pacman -S vulkan-swrast`, or vulkan-radeon, vulkan-intel. NVIDIA: its driver, which includes Vulkan. " +
    "In a container, pass the GPU through: `--gpus all -e NVIDIA_DRIVER_CAPABILITIES=all`, or `--device /dev/dri`. " +
    "If VK_DRIVER_FILES, VK_ICD_FILENAMES or DENO_WEBGPU_BACKEND is set, try without it.",
  darwin:
    "macOS: WebGPU runs on Metal, which every Mac with macOS 11 or later has; virtual machines often have none.",
  windows:
    "Windows: WebGPU runs on Direct3D 12 or Vulkan; install the newest graphics driver of the GPU's vendor. " +
    "Remote desktops and virtual machines may hide the GPU.",
};

/** Hints by operating system, this machine's first. */
function installHints(os: string): string[] {
  const { [os]: here, ...others } = HINTS;
  return [...(here ? [here] : []), ...Object.values(others)];
}

/** The report as text. */
function describe(report: AdapterReport): string {
  const { adapter, runtime, features, limits, measured, selfTest } = report;
  const by = adapter.vendor ? `, by ${adapter.vendor}` : "";
  const where = report.storage === "texture"
    ? "textures, which software adapters read many times faster than buffers"
    : "buffers";
  const lines = [
    row("Adapter", `${adapter.name}${by}, through ${adapter.backend}`),
    ...(adapter.architecture ? [row("Architecture", adapter.architecture)] : []),
    row("Kind", adapter.software ? "software: the CPU does the work" : "GPU"),
    row("Runtime", `Deno ${runtime.deno}, ${runtime.os} ${runtime.arch}`),
    row("Tensors live in", where),
    "",
    "Features",
    ...Object.entries(FEATURES).map(([name, use]) =>
      row(`  ${name}`, `${features.includes(name) ? "yes" : "no "}  ${use}`)
    ),
    "",
    "Limits",
    ...LIMITS.map((name) => row(`  ${name}`, `${quantity(name, limits[name]).padEnd(10)} ${MEANING[name]}`)),
    "",
    "Largest batch",
    ...report.largestBatch.map(({ width, height, imageWidth, images }) =>
      row(`  width ${width}, ${height}×${imageWidth}`, `${images} images`)
    ),
  ];
  if (selfTest) lines.push("", "Results against the CPU's", ...selfTest.map(testRow));
  if (!measured) return lines.join("\n");
  const { flops, copyBandwidth, readBandwidth, stagingBandwidth, waitFloor, dispatchCost } = measured;
  lines.push(
    "",
    "Measured",
    row("  f32 multiply-add", `${giga(flops)} GFLOP/s`),
    row("  copy bandwidth", `${giga(copyBandwidth)} GB/s, read plus written by a kernel`),
    row("  read bandwidth", `${giga(readBandwidth)} GB/s, read and summed by a kernel`),
  );
  if (stagingBandwidth !== undefined) {
    lines.push(
      row("  staging bandwidth", `${giga(stagingBandwidth)} GB/s, from what kernels write into textures`),
    );
  }
  lines.push(
    row("  a dispatch", `${(1000 * dispatchCost).toFixed(1)} µs at least, after another`),
    row("  waiting for the GPU", `${waitFloor.toFixed(1)} ms at least: programs submit many steps ahead`),
  );
  if (report.timestamps?.nanoseconds !== undefined) {
    const { nanoseconds, measured } = report.timestamps;
    const tick = Number(nanoseconds.toPrecision(4));
    lines.push(row("  a tick of timestamps", `${tick} ns; ${measured.toPrecision(3)} ns by the wall clock`));
  }
  return lines.join("\n");
}

/** Features that the program can use, and their purpose. */
const FEATURES: Readonly<Record<string, string>> = {
  "timestamp-query": "time of every kernel, for the benchmarks",
  "shader-f16": "tensors in half precision",
  "subgroups": "reductions across lanes",
};

/** The meaning of each limit for this program. */
const MEANING: Readonly<Record<typeof LIMITS[number], string>> = {
  maxStorageBufferBindingSize: "largest tensor in a buffer",
  maxBufferSize: "largest buffer: all weights lie in one",
  maxTextureDimension2D: "rows of 64 KiB in the largest tensor in a texture",
  maxStorageBuffersPerShaderStage: "buffers that a kernel may bind; 8 are enough",
  maxStorageTexturesPerShaderStage: "tensors that a kernel may read from textures; 4 are enough",
  maxComputeInvocationsPerWorkgroup: "threads of a workgroup; 64 are used",
  maxComputeWorkgroupStorageSize: "memory that a workgroup shares",
  maxComputeWorkgroupsPerDimension: "workgroups in a row; more are folded into two dimensions",
};

function row(name: string, value: string): string {
  return `${name.padEnd(36)}${value}`;
}

function testRow({ name, error, tolerance, repeatable, passed, required }: SelfTestResult): string {
  const verdict = passed ? "passed" : required ? "FAILED" : "differs";
  const often = repeatable ? "" : ", and differs from run to run";
  return row(`  ${name}`, `${verdict.padEnd(8)}error ${error.toPrecision(2)}, at most ${tolerance}${often}`);
}

function quantity(limit: string, value: number): string {
  if (!/Size$/.test(limit)) return value.toLocaleString("en-US");
  return value >= 2 ** 20 ? `${Math.round(value / 2 ** 20)} MiB` : `${Math.round(value / 2 ** 10)} KiB`;
}

function giga(rate: number): string {
  return (rate / 1e9).toPrecision(3);
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
