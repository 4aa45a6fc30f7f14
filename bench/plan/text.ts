/** A plan as text for the terminal. */
import { table } from "../../cli/table.ts";
import { giga } from "../roofline_table.ts";
import { mebibytes } from "../units.ts";
import type { Profile } from "./profiles.ts";
import type { KernelTotal, PlanSummary, Total, Unfilled } from "./summary.ts";

/** The text about one program. */
export function planText(summary: PlanSummary, profile: Profile): string {
  const { name, total, submits, pipelines, texts, memory, least, stagedBytes, uploadedBytes } = summary;
  const { products, others } = summary.unfilled;
  const staged = stagedBytes > 0 ? `, and ${giga(2 * stagedBytes)} GB from buffers into textures` : "";
  const moved = bytesOf(total);
  return [
    `\n${name}: at least ${milliseconds(total.roofline)} ms by the roofline, ${
      milliseconds(total.expected)
    } ms ` +
    `with ${
      1000 * profile.peaks.dispatchCost
    } µs a dispatch and with dispatches that do not fill the adapter`,
    `  dispatches       ${total.dispatches} in ${submits} ${submits === 1 ? "submit" : "submits"}`,
    `  pipelines        ${pipelines}, of ${texts} shader texts`,
    `  bytes moved      ${giga(moved)} GB by kernels, ${
      (moved / least).toFixed(2)
    } times the least for these ` +
    `layers, ${giga(least)} GB${staged}`,
    `  arithmetic       ${giga(total.flops)} GFLOP`,
    `  uploaded         ${mebibytes(uploadedBytes)}`,
    `  memory           ${mebibytes(memory.total)}, of which ${mebibytes(memory.temporaries)} intermediate`,
    `  do not fill it   ${products.count} of ${products.of} products, ${others.count} of ${others.of} others: ` +
    `fewer than ${profile.threads.toLocaleString("en-US")} threads`,
    "",
    kernelTable(summary.kernels, total),
    ...unfilledTable("Products that do not fill the adapter", products.dispatches),
    ...unfilledTable("Other kernels that do not fill the adapter", byKernel(others.dispatches)),
  ].join("\n");
}

function kernelTable(kernels: readonly KernelTotal[], total: Total): string {
  const rows = kernels.map((kernel) => [
    kernel.kernel,
    `${kernel.dispatches}`,
    `${kernel.pipelines}`,
    giga(kernel.flops),
    giga(bytesOf(kernel)),
    milliseconds(kernel.roofline),
    milliseconds(kernel.expected),
    `${Math.round(100 * kernel.expected / total.expected)} %`,
  ]);
  return table([
    ["kernel", "dispatches", "pipelines", "GFLOP", "GB", "roofline ms", "expected ms", ""],
    ...rows,
  ], 1);
}

/** Kernels of one name, whatever their shapes; the fewest threads of any. */
function byKernel(list: readonly Unfilled[]): Unfilled[] {
  return [...Map.groupBy(list, ({ kernel }) => kernel)].map(([kernel, runs]) => ({
    kernel,
    shape: runs.length === 1 ? runs[0].shape : `${runs.length} shapes, the fewest threads of any:`,
    dispatches: sum(runs, "dispatches"),
    threads: Math.min(...runs.map(({ threads }) => threads)),
    roofline: sum(runs, "roofline"),
    expected: sum(runs, "expected"),
  }));
}

function unfilledTable(title: string, list: readonly Unfilled[]): string[] {
  if (list.length === 0) return [];
  const rows = list.map(({ kernel, shape, dispatches, threads, expected }) => [
    `${dispatches} × ${kernel}`,
    shape,
    threads.toLocaleString("en-US"),
    milliseconds(expected),
  ]);
  return ["", title, table([["kernel", "shape", "threads", "expected ms"], ...rows], 2)];
}

function sum(list: readonly Unfilled[], key: "dispatches" | "roofline" | "expected"): number {
  return list.reduce((total, item) => total + item[key], 0);
}

function bytesOf({ bytesRead, bytesWritten }: Total): number {
  return bytesRead + bytesWritten;
}

/** Milliseconds with three digits, about. */
export function milliseconds(time: number): string {
  return time.toFixed(time < 1 ? 3 : time < 10 ? 2 : 1);
}
