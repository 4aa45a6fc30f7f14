/** Steps on ranks as text for the terminal. */
import { table } from "../../cli/table.ts";
import { mebibytes } from "../units.ts";
import { ADDITIONS, type Links, type StepOnRanks } from "./scaling.ts";
import { milliseconds } from "./text.ts";

/** A step in shards on numbers of ranks. */
export interface Scaling {
  /** Images. */
  readonly batch: number;
  readonly links: Links;
  /** The batch as one step on one rank: milliseconds on the GPU, and bytes there; or why it does not fit. */
  readonly whole: { readonly time: number; readonly memory: number } | string;
  /** Bytes of GPU memory of a rank. */
  readonly memory: number;
  /** The measured time of the batch as one step, if the times of kernels are in proportion to it. */
  readonly measured: number | undefined;
  /** First on one rank, then on several. */
  readonly steps: readonly StepOnRanks[];
}

/** The steps in a table, and what the model assumes. */
export function scalingText({ batch, links, whole, memory, measured, steps }: Scaling): string {
  const [one] = steps;
  const times = measured === undefined
    ? "Times of kernels are expected as above"
    : `Times of kernels are in proportion to a measured step of ${milliseconds(measured)} ms`;
  const body = steps.map(({ ranks, shards, gpu, bus, waits, sums, exchange, total }) => {
    const own = shards / ranks;
    const { features, sums: summed } = exchange.bytes;
    return [
      `${ranks}`,
      `${own} × ${batch / shards}`,
      milliseconds(gpu.total),
      milliseconds(bus + waits),
      milliseconds(sums),
      milliseconds(exchange.total),
      exchange.total === 0 ? "" : `${Math.round(100 * exchange.hidden / exchange.total)} %`,
      milliseconds(total),
      (one.total / total).toFixed(2),
      mebibytes(features + summed),
      mebibytes(memory),
    ];
  });
  return [
    `\nA batch of ${batch} images in ${one.shards} shards, shared by ranks: predicted, in ms`,
    table([
      ["ranks", "shards", "GPU", "bus", "sums", "exchange", "hidden", "step", "faster", "sent", "GPU memory"],
      ...body,
    ], 2),
    typeof whole === "string"
      ? `  As one step it does not fit: ${whole}`
      : `  As one step on one rank: ${milliseconds(whole.time)} ms on the GPU, ${mebibytes(whole.memory)}.`,
    `  ${times}, bus ${giga(links.bus)} GB/s; each rank sends and receives ${
      giga(links.network)
    } GB/s at once, a ` +
    `message takes ${1000 * links.latency} µs and those of one rank follow each other. The host adds ${
      giga(ADDITIONS)
    } billion ` +
    "numbers a second.",
    "  Hidden is the part of the exchange that passes while the GPU makes the last gradients; the step has the rest. Images " +
    "are decoded beside the step.",
  ].join("\n");
}

function giga(rate: number): string {
  return `${Number((rate / 1e9).toPrecision(3))}`;
}
