/**
 * Rankings besides the one by distances of single queries: of pooled queries, by re-ranked distances, and by look and
 * time.
 */
import type { Benchmark, EmbeddedBenchmark } from "../eval/benchmark.ts";
import { pooledQueries } from "../eval/multi_query.ts";
import { trackletBenchmark } from "../eval/tracklets.ts";
import type { RankingResult } from "../eval/ranking.ts";
import { RERANK_DEFAULTS, type RerankOptions } from "../eval/rerank/options.ts";
import type { Device } from "../engine/mod.ts";
import type { Metric } from "../kernels/mod.ts";
import { type FlagTable, type FlagValues, UsageError } from "./flags.ts";
import { withProgress } from "./progress.ts";

/** For a command that ranks a gallery. */
export const OTHER_RANKINGS_FLAGS = {
  multiQuery: {
    type: "boolean",
    help:
      "Also searches with all images of an identity by one camera: the mean of the embeddings of its queries " +
      "and of the gallery images that the protocol removes for them (Zheng et al. 2015).",
  },
  tracklets: {
    type: "boolean",
    help:
      "Also ranks tracklets, as for MARS: queries and gallery are the means of the embeddings of a person's images by one " +
      "camera in one sequence. Requires names that say so, as in Market-1501 and MARS, or a CSV file with the column track.",
  },
  rerank: {
    type: "boolean",
    help:
      "Also re-ranks: two images are near if each is among the nearest of the other (k-reciprocal encoding, Zhong et al. " +
      "2017). It uses queries and gallery together, without labels; compare it only with other re-ranked results.",
  },
  k1: {
    type: "integer",
    min: 1,
    help: `With --rerank: the number of nearest that count; ${RERANK_DEFAULTS.k1} by default.`,
  },
  k2: {
    type: "integer",
    min: 1,
    help:
      `With --rerank: how many images' encodings are averaged, 1 for no average; ${RERANK_DEFAULTS.k2} by default.`,
  },
  lambda: {
    type: "number",
    min: 0,
    max: 1,
    help:
      `With --rerank: share of the original distance in the final one; ${RERANK_DEFAULTS.lambda} by default.`,
  },
  spatialTemporal: {
    type: "boolean",
    help:
      "Also ranks by look and time: the names of the training images show how long people take from camera to camera " +
      "(st-ReID, Wang et al. 2019). For single queries, by the cosine with any --metric. Requires names with camera and " +
      "frame, as in Market-1501 and DukeMTMC-reID; compare it only with other results of this kind.",
  },
} as const satisfies FlagTable;

/**
 * The options of re-ranking; undefined without `--rerank`.
 *
 * @throws {UsageError} if a setting is given without `--rerank`.
 */
export function rerankOptions(
  { rerank, k1, k2, lambda }: Pick<
    FlagValues<typeof OTHER_RANKINGS_FLAGS>,
    "rerank" | "k1" | "k2" | "lambda"
  >,
): RerankOptions | undefined {
  if (rerank) {
    return {
      k1: k1 ?? RERANK_DEFAULTS.k1,
      k2: k2 ?? RERANK_DEFAULTS.k2,
      lambda: lambda ?? RERANK_DEFAULTS.lambda,
    };
  }
  const given = Object.entries({ k1, k2, lambda }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return undefined;
  throw new UsageError(`Give ${given.map(([name]) => `--${name}`).join(", ")} only with --rerank`);
}

/** The rankings to compute. */
export interface OtherRankings {
  readonly metric: Metric;
  /** Whether the network's embeddings have length one. */
  readonly unitLength: boolean;
  readonly multiQuery: boolean;
  readonly tracklets: boolean;
  readonly reranking: RerankOptions | undefined;
  readonly spatialTemporal: boolean;
}

/** The scores of a ranking. */
export interface OtherRanking {
  /** Its name in JSON. */
  readonly key: "multiQuery" | "reranked" | "multiQueryReranked" | "tracklets" | "spatialTemporal";
  /** Its name in a table. */
  readonly name: string;
  /** With the options of re-ranking, if re-ranked. */
  readonly scores: RankingResult & Partial<RerankOptions>;
}

/** Ranks in each chosen way; with both options, pooled queries also by re-ranked distances. */
export async function otherRankings(
  device: Device,
  benchmark: Benchmark,
  embedded: EmbeddedBenchmark,
  { metric, unitLength, multiQuery, tracklets, reranking, spatialTemporal }: OtherRankings,
): Promise<OtherRanking[]> {
  const { queries, gallery, size } = embedded;
  const pooled = multiQuery
    ? { ...embedded, queries: pooledQueries(queries, gallery, size, unitLength) }
    : undefined;
  const reranked = async (embedded: EmbeddedBenchmark, name: string, options: RerankOptions) => {
    const { scores } = await withProgress(
      `Ranking, ${name}`,
      "rows of distances",
      (update) =>
        benchmark.rerank(device, embedded, metric, options, ({ done, total }) => update(done, total)),
    );
    return { name, scores: { ...scores, ...options } };
  };
  const found: OtherRanking[] = [];
  if (pooled) {
    const { scores } = await benchmark.rank(device, pooled, metric);
    found.push({ key: "multiQuery", name: "multi-query", scores });
  }
  if (reranking) found.push({ key: "reranked", ...await reranked(embedded, "re-ranked", reranking) });
  if (pooled && reranking) {
    found.push({
      key: "multiQueryReranked",
      ...await reranked(pooled, "multi-query, re-ranked", reranking),
    });
  }
  if (tracklets) {
    const { scores } = await benchmark.rank(
      device,
      trackletBenchmark(benchmark, embedded, unitLength),
      metric,
    );
    const what = `${scores.queries + scores.queriesWithoutMatch} of ${scores.gallery}`;
    found.push({ key: "tracklets", name: `tracklets (${what})`, scores });
  }
  if (spatialTemporal) {
    const { scores } = await benchmark.spatialTemporal(device, embedded);
    found.push({ key: "spatialTemporal", name: "look and time", scores });
  }
  return found;
}
