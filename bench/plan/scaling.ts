/**
 * A model of the step in shards on several ranks. Two things go on beside the GPU's work: the way of a shard's gradients to
 * the host while the rank's next shard runs, and the sums and the exchange of the last layers' gradients while the rank's
 * last shard makes the others. With N ranks, S shards, s = S / N of them on each rank, and T the time of a program:
 *
 *   GPU       (2s - 1) T(forward) + s T(backward) + T(loss) + T(update)
 *   bus       bytes between host and GPU / the bus' rate
 *   sums      (s - 1 + (N - 1) / N) numbers / additions a second of the host
 *   exchange  each of four calls: log2(N) latencies to meet; then N - 1 messages, one after another:
 *             (N - 1) (latency + bytes / network), where bytes are a rank's features (MPI_Allgather), and twice the
 *             N-th part of what is summed (MPI_Alltoall, then MPI_Allgather), in two calls
 */
import type { Profile } from "./profiles.ts";
import type { ShardBytes, ShardsPlan } from "./shards.ts";
import { totalOf } from "./summary.ts";

/** Times in milliseconds of one run of the programs; `left` is a part of `backward`. */
export type PartTimes = Readonly<Record<"forward" | "backward" | "left" | "loss" | "update", number>>;

/** What connects a GPU, its host and other ranks. */
export interface Links {
  /** Bytes a second of each rank's network, in each direction at once. */
  readonly network: number;
  /** Milliseconds of a message of no bytes. */
  readonly latency: number;
  /** Bytes a second between host and GPU. */
  readonly bus: number;
  /** Milliseconds of a wait for the GPU when it has nothing to do. */
  readonly wait: number;
}

/** A step on each of several ranks. Times in milliseconds. */
export interface StepOnRanks {
  readonly ranks: number;
  /** Shards of the batch. */
  readonly shards: number;
  readonly gpu: Omit<PartTimes, "left"> & { readonly total: number };
  readonly bus: number;
  readonly waits: number;
  readonly sums: number;
  readonly exchange: {
    readonly features: number;
    readonly sums: number;
    readonly total: number;
    /** What of the total passes while the GPU works. */
    readonly hidden: number;
    /** What a rank sends, as much as it receives. */
    readonly bytes: { readonly features: number; readonly sums: number };
  };
  readonly total: number;
}

/** Additions a second of one thread of JavaScript, measured on a server's CPU: 0.5 to 0.6 billion. */
export const ADDITIONS = 0.5e9;

/** Waits for the GPU in a step: for the features, the loss, the first gradients and the others. */
const WAITS = 4;

/** The times that the programs of a plan are expected to take on an adapter, multiplied by a factor. */
export function partTimes({ dispatches }: ShardsPlan, profile: Profile, factor: number): PartTimes {
  const time = (part: keyof PartTimes) => factor * totalOf(dispatches[part], profile).expected;
  return {
    forward: time("forward"),
    backward: time("backward"),
    left: time("left"),
    loss: time("loss"),
    update: time("update"),
  };
}

/** The time of a step of `shards` shards on `ranks` ranks, of which `ranks` are a divisor. */
export function stepOnRanks(
  times: PartTimes,
  bytes: ShardBytes,
  { ranks, shards }: { readonly ranks: number; readonly shards: number },
  links: Links,
): StepOnRanks {
  const own = shards / ranks;
  const gpu = {
    forward: (2 * own - 1) * times.forward,
    backward: own * times.backward,
    loss: times.loss,
    update: times.update,
  };

  const moved = (2 * own - 1) * (bytes.inputs + bytes.statistics) + // A shard begins.
    2 * own * bytes.features + // Features go out, their gradients come in.
    2 * shards * bytes.features + // The same of all shards, for the loss.
    bytes.statistics + bytes.gradients; // The update.
  const readBack = (bytes.statistics + bytes.gradients) / links.bus * 1000;
  const shown = Math.max(0, readBack - times.forward - times.backward);
  const bus = moved / links.bus * 1000 + readBack + (own - 1) * shown;

  const adding = (size: number) => (own - 1 + (ranks - 1) / ranks) * size / 4 / ADDITIONS * 1000;
  const sums = adding(bytes.summed);

  const meet = Math.ceil(Math.log2(ranks)) * links.latency;
  const message = (size: number) => links.latency + size / links.network * 1000;
  const features = meet + (ranks - 1) * message(own * bytes.features);
  const summing = (size: number) => size === 0 ? 0 : meet + 2 * (ranks - 1) * message(size / ranks);
  const early = summing(bytes.early), late = summing(bytes.summed - bytes.early);
  const beside = ranks === 1 ? 0 : Math.min(times.left, adding(bytes.early) + early);
  const exchange = {
    features,
    sums: early + late,
    total: features + early + late + meet, // The ranks also agree on whether to stop.
    hidden: Math.max(0, beside - adding(bytes.early)),
    bytes: { features: (ranks - 1) * own * bytes.features, sums: 2 * (ranks - 1) / ranks * bytes.summed },
  };

  const gpuTotal = gpu.forward + gpu.backward + gpu.loss + gpu.update;
  const waits = WAITS * links.wait;
  return {
    ranks,
    shards,
    gpu: { ...gpu, total: gpuTotal },
    bus,
    waits,
    sums,
    exchange,
    total: gpuTotal + bus + waits + sums + exchange.total - beside,
  };
}
