/** Into how many shards a batch may be divided. */
import { RunError } from "../errors.ts";
import type { TableValues } from "../settings/table.ts";

/** What sets the number of images in a batch. */
type BatchOptions = Pick<TableValues, "sampler" | "p" | "batchSize" | "triplets">;

/** What a batch consists of and no shard splits: the setting that counts them, and how many there are. */
function groupsOf({ sampler, p, batchSize, triplets }: BatchOptions) {
  if (sampler === "pk") return { key: "p", count: p, least: 1 } as const;
  if (sampler === "triplets") return { key: "triplets", count: triplets, least: 1 } as const;
  return { key: "batchSize", count: batchSize, least: 2 } as const; // Batch norm needs more than one image.
}

/** Whether a batch can be divided into so many shards of equal size. */
function divides(options: BatchOptions, shards: number): boolean {
  const { count, least } = groupsOf(options);
  return count % shards === 0 && count / shards >= least;
}

/**
 * Why a batch cannot be divided as the options say, or undefined if it can.
 *
 * @param name how the user writes a setting's key, such as a flag.
 */
export function shardFault(
  options: BatchOptions & Pick<TableValues, "microBatches">,
  name: (key: string) => string,
): string | undefined {
  const { microBatches } = options;
  if (microBatches === 0 || divides(options, microBatches)) return undefined;
  const { key, count, least } = groupsOf(options);
  return `${name("microBatches")} ${microBatches} must divide ${name(key)} ${count}` +
    (least > 1 ? ` into shards of at least ${least}` : "") + ": micro-batches have equal sizes";
}

/**
 * The numbers of shards to try, in order: the one that the options name, or, where they leave it open, all that the ranks
 * can share, beginning with one for each rank.
 *
 * @param isResumed whether the run has begun: the number that it began with is kept then.
 * @throws {RunError} when the ranks cannot share the shards.
 */
export function shardCounts(
  options: BatchOptions & Pick<TableValues, "microBatches">,
  ranks: number,
  isResumed: boolean,
): number[] {
  const { microBatches } = options;
  const { key, count } = groupsOf(options);
  const possible = Array.from({ length: count }, (_, i) => i + 1)
    .filter((shards) => shards % ranks === 0 && divides(options, shards));
  const isOpen = microBatches === 0 || (microBatches === 1 && ranks > 1 && !isResumed);
  if (!isOpen && microBatches % ranks === 0) return [microBatches];
  if (isOpen && possible.length > 0) return microBatches === 0 ? possible : possible.slice(0, 1);
  const shared = isOpen ? count : microBatches;
  const fitting = Array.from({ length: shared }, (_, i) => i + 1).filter((size) => shared % size === 0);
  throw new RunError(
    `${ranks} ranks cannot share ${
      isOpen ? `a batch whose ${key} is ${count}` : `${microBatches} micro-batches`
    }: ` +
      `every rank takes as many. Start ${fitting.join(" or ")}.`,
    { remedies: isResumed ? [] : [{ kind: "change", settings: [isOpen ? key : "microBatches"] }] },
  );
}
