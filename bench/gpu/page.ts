/** The report on a machine with a GPU: as data, and as a page in Markdown. */
import { type AdapterReport, tickInWords } from "../../cli/adapter_report.ts";
import { giga } from "../roofline_table.ts";

/** A program's time beside its plan. */
export interface MeasuredProgram {
  readonly name: string;
  /** Milliseconds of a run, in rows. */
  readonly milliseconds: number;
  /** Milliseconds of CPU time of a run. */
  readonly cpuMilliseconds: number;
  readonly dispatches: number;
  readonly pipelines: number;
  readonly bytes: number;
  readonly flops: number;
  /** Milliseconds by the plan, with the adapter's measured rates. */
  readonly roofline: number;
  readonly expected: number;
  /** The kernel that takes longest first. Empty without timestamps. */
  readonly kernels: readonly MeasuredKernel[];
}

/** A kernel's time beside its plan, in milliseconds. */
export interface MeasuredKernel {
  readonly kernel: string;
  readonly dispatches: number;
  readonly measured: number;
  readonly roofline: number;
  readonly expected: number;
}

/** A network and a batch. */
export interface GpuCase {
  readonly width: number;
  readonly imageHeight: number;
  readonly imageWidth: number;
  readonly batch: number;
  readonly precision: "f32" | "f16";
}

/** What was measured of a case. */
export interface CaseReport extends GpuCase {
  readonly programs: readonly MeasuredProgram[];
  /** Seconds that it took. */
  readonly seconds: number;
}

/** What another program printed. */
export interface PrintedReport {
  readonly title: string;
  readonly text: string;
}

/** Everything, as far as it is known. */
export interface GpuReport {
  /** Undefined until the adapter was looked at. */
  adapter?: AdapterReport;
  readonly cases: CaseReport[];
  /** PyTorch's times, and the gradients' agreement. */
  readonly torch: PrintedReport[];
  /** Sections that were left out, with the reason. */
  readonly leftOut: string[];
  /** Whether more follows. */
  finished: boolean;
  seconds: number;
}

/** The report as a page. */
export function gpuPage(report: GpuReport): string {
  const { adapter, cases, torch, leftOut, finished, seconds } = report;
  return [
    `# ${adapter?.adapter.name ?? "No adapter"}`,
    `${finished ? "Finished" : "Under way"} after ${seconds.toFixed(0)} s, by \`deno task bench:gpu\`.`,
    ...(adapter ? adapterPart(adapter) : []),
    ...(cases.length > 0 ? ["## Times", timesTable(cases)] : []),
    ...cases.flatMap(kernelPart),
    ...torch.flatMap(({ title, text }) => [`## ${title}`, "```text\n" + text.trimEnd() + "\n```"]),
    ...(leftOut.length > 0 ? ["## Left out", leftOut.map((line) => `- ${line}`).join("\n")] : []),
  ].join("\n\n") + "\n";
}

function adapterPart({ adapter, runtime, storage, measured, timestamps, selfTest }: AdapterReport): string[] {
  const rates = measured
    ? [
      `f32 multiply-add ${giga(measured.flops)} GFLOP/s, copy ${giga(measured.copyBandwidth)} GB/s, read ` +
      `${giga(measured.readBandwidth)} GB/s, ${(1000 * measured.dispatchCost).toFixed(1)} µs a dispatch, ` +
      `${measured.waitFloor.toFixed(1)} ms a wait.`,
    ]
    : [];
  return [
    `Through ${adapter.backend}, Deno ${runtime.deno}, ${runtime.os} ${runtime.arch}, tensors in ${storage}s. ` +
    (timestamps ? tickInWords(timestamps) : "The adapter has no timestamps."),
    ...rates,
    ...(selfTest
      ? [
        "## Results against the CPU's",
        table(
          ["computation", "error", "at most", "twice the same", "passed"],
          selfTest.map(({ name, error, tolerance, repeatable, passed }) => [
            name,
            error.toPrecision(2),
            `${tolerance}`,
            repeatable ? "yes" : "no",
            passed ? "yes" : "**no**",
          ]),
        ),
      ]
      : []),
  ];
}

function titleOf({ width, imageHeight, imageWidth, batch, precision }: GpuCase): string {
  return `${width}, ${imageHeight}×${imageWidth}, ${batch} images, ${precision}`;
}

function timesTable(cases: readonly CaseReport[]): string {
  const rows = cases.flatMap((report) =>
    report.programs.map((program) => [
      titleOf(report),
      program.name,
      program.milliseconds.toFixed(2),
      (1000 * report.batch / program.milliseconds).toFixed(0),
      program.cpuMilliseconds.toFixed(2),
      program.roofline.toFixed(2),
      program.expected.toFixed(2),
      `${program.dispatches}`,
      `${program.pipelines}`,
      giga(program.bytes),
    ])
  );
  const head = [
    "MobileNetV2",
    "program",
    "ms",
    "images/s",
    "CPU ms",
    "roofline ms",
    "expected ms",
    "dispatches",
  ];
  return table([...head, "pipelines", "GB"], rows);
}

/** Measured beside planned, kernel by kernel. */
function kernelPart(report: CaseReport): string[] {
  return report.programs.filter(({ kernels }) => kernels.length > 0).flatMap(({ name, kernels }) => {
    const rows = kernels.map(({ kernel, dispatches, measured, roofline, expected }) => [
      kernel,
      `${dispatches}`,
      measured.toFixed(3),
      expected.toFixed(3),
      roofline.toFixed(3),
      `${Math.round(100 * roofline / measured)} %`,
    ]);
    const head = ["kernel", "dispatches", "measured ms", "expected ms", "roofline ms", "of roofline"];
    return [`## ${titleOf(report)}: ${name}`, table(head, rows)];
  });
}

/** A table of Markdown, the first column aligned to the left and the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map((_, i) => i === 0 ? "---" : "--:")), ...rows.map(line)].join("\n");
}
