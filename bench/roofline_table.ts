/** The table that the kernel bench ends with: what each kernel reaches of what the adapter could do. */
import { leastMilliseconds, type Peaks, type Work } from "../engine/mod.ts";

/** A timed kernel. */
export interface Measured {
  readonly kernel: string;
  readonly layer: string;
  readonly milliseconds: number;
  readonly work: Work;
}

const COLUMNS = ["kernel", "where", "ms", "GFLOP/s", "GB/s", "of roof"] as const;

/**
 * A line for each kernel: its time, its rates, and the share of the roofline, which is the least time that the
 * adapter needs for this arithmetic or for moving each operand once, whichever is longer, over the time taken.
 * Operands that fit into caches may be moved faster than the peaks, which are those of large tensors.
 */
export function rooflineTable(rows: readonly Measured[], peaks: Peaks): string {
  const cells = rows.map(({ kernel, layer, milliseconds, work }) => [
    kernel,
    layer,
    milliseconds.toFixed(milliseconds < 1 ? 3 : 2),
    rate(work.flops, milliseconds),
    rate(work.bytesRead + work.bytesWritten, milliseconds),
    `${Math.round(100 * leastMilliseconds(work, peaks) / milliseconds)} %`,
  ]);
  const widths = COLUMNS.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i].length)));
  const line = (parts: readonly string[]) =>
    parts.map((part, i) => i < 2 ? part.padEnd(widths[i]) : part.padStart(widths[i])).join("  ");
  return [line(COLUMNS), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

/** The peaks in one line. */
export function peaksLine(peaks: Peaks): string {
  const { flops, copyBandwidth, readBandwidth } = peaks;
  return `f32 multiply-add ${giga(flops)} GFLOP/s, copy ${giga(copyBandwidth)} GB/s, read ${
    giga(readBandwidth)
  } GB/s`;
}

function rate(amount: number, milliseconds: number): string {
  return giga(1000 * amount / milliseconds);
}

/** Billions, to three figures. */
export function giga(value: number): string {
  const billions = value / 1e9;
  return billions >= 100 ? billions.toFixed(0) : billions >= 10 ? billions.toFixed(1) : billions.toFixed(2);
}
