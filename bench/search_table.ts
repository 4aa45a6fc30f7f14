/** The table that the bench of searches prints. */
import { median } from "../engine/mod.ts";

/** A way to search, timed. */
export interface Search {
  readonly name: string;
  /** Milliseconds until it could be searched, where something was built. */
  readonly build?: number;
  /** Milliseconds of each query, one at a time. */
  readonly latencies: readonly number[];
  /** Milliseconds of a query where all are searched together. */
  readonly batched?: number;
  /** Ids found for every query, and those that are right. */
  readonly found: readonly (readonly string[])[];
  readonly truth: readonly (readonly string[])[];
  /** On the GPU, or in the database: of the table, or of what the index adds to it. */
  readonly bytes: number;
}

/** A row for every search. */
export function searchTable(searches: readonly Search[], top: number, queries: number): string {
  const titles = [
    "search",
    "build s",
    "ms median",
    "ms p95",
    `ms of ${queries}`,
    `recall@${top}`,
    "same list",
    "MiB",
  ];
  const cells = searches.map((search) => [
    search.name,
    search.build === undefined ? "–" : (search.build / 1000).toFixed(1),
    median(search.latencies).toFixed(1),
    percentile(search.latencies, 0.95).toFixed(1),
    search.batched?.toFixed(2) ?? "–",
    recall(search.found, search.truth).toFixed(3),
    `${sameLists(search.found, search.truth)}/${search.truth.length}`,
    (search.bytes / 2 ** 20).toFixed(0),
  ]);
  const widths = titles.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ");
  return [line(titles), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

/** The least value that at least this share of the values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Share of the right ids that were found, in whatever order. */
export function recall(found: readonly (readonly string[])[], truth: readonly (readonly string[])[]): number {
  const hits = truth.map((ids, q) => ids.filter((id) => found[q].includes(id)).length);
  const all = truth.reduce((sum, ids) => sum + ids.length, 0);
  return hits.reduce((sum, n) => sum + n, 0) / all;
}

/** How many lists have the right ids in the right order. */
export function sameLists(
  found: readonly (readonly string[])[],
  truth: readonly (readonly string[])[],
): number {
  return truth.filter((ids, q) => ids.join("\n") === found[q].join("\n")).length;
}
