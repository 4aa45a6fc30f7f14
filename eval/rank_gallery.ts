/**
 * Ranks a gallery on the GPU. The GPU computes distances for a block of queries at a time and keeps them. For each query
 * it returns the distances of the right matches, for each of them the number of wrong images that are no farther, the
 * nearest wrong images, and a sample. The gallery's embeddings are uploaded once, or part after part where they do not
 * fit.
 */
import { itemAt } from "../engine/item_at.ts";
import type { Device } from "../engine/mod.ts";
import { type Metric, NONE, tensorBytes } from "../kernels/mod.ts";
import { galleryParts } from "./gallery_parts.ts";
import { chunks } from "./ranges.ts";
import { type BlockShape, type GalleryPart, type OpenQuery, PartRanker } from "./rank_part.ts";
import { type ImageLabels, JUNK, nearestFirst, type RankedMatch } from "./ranking.ts";
import { type Share, WHOLE } from "./share.ts";
import { submitEach } from "./submit_each.ts";

/** Embeddings [n, size] of a set of images, and their labels. */
export interface EmbeddedSet {
  /** [n, size], row-major. */
  readonly embeddings: Float32Array;
  /** Of the n images. */
  readonly labels: ImageLabels;
}

/** Queries, and the gallery to rank for each of them. */
export interface RankingProblem {
  /** The images to search for. */
  readonly queries: EmbeddedSet;
  /** The images to search in. */
  readonly gallery: EmbeddedSet;
  /** Length of an embedding. */
  readonly size: number;
  /** The distance of two embeddings. */
  readonly metric: Metric;
}

/** Details to return for each query beside its ranks. */
export interface RankingDetails {
  /** Number of nearest images; at least 1. */
  readonly top: number;
  /** Indices in the gallery of images whose distances are sampled, where they show other people. */
  readonly sampled: ArrayLike<number>;
}

/** Bytes on the GPU at a time, about. The images of an identity are not split. */
export interface RankingBudget {
  /** Embeddings of the gallery. */
  readonly gallery: number;
  /** Distances of a block of queries; kernels hold about three times as much. */
  readonly distances: number;
}

/** The ranking of the gallery for one query. */
export interface RankedQuery {
  /** Ranks of its right matches: 0-based, ascending, after removal; equal to those of `RankingAccumulator.ranks`. */
  readonly ranks: Int32Array;
  /** Its nearest images; equal to those of `topMatches`. */
  readonly top: RankedMatch[];
  /** Distances of its right matches, in the gallery's order. */
  readonly positives: Float32Array;
  /** Distances of the sampled images of other people. */
  readonly negatives: readonly number[];
}

/** A gallery ranked for many queries. */
export interface GalleryRanking {
  /** In the order of the queries. */
  readonly queries: RankedQuery[];
  /** Peak GPU memory in bytes, of this process. */
  readonly gpuBytes: number;
}

const BUDGET: RankingBudget = { gallery: 96 * 2 ** 20, distances: 32 * 2 ** 20 };

/** Queries in a block; the matrix product is no faster with more. */
const QUERIES = 256;

/**
 * Ranks the gallery for every query, with exactly the result of `ranking.ts` for the same distances. Of several
 * processes, each ranks the whole gallery for its share of the queries, with the kernels of one process: a query's row of
 * distances has the same bits in any block, where parts of the gallery would give kernels of other shapes.
 *
 * @throws {RangeError} If a distance is NaN.
 * @throws {LimitError} If the images of one identity do not fit the adapter.
 */
export async function rankGallery(
  device: Device,
  problem: RankingProblem,
  details: RankingDetails,
  budget: RankingBudget = BUDGET,
  share: Share = WHOLE,
): Promise<GalleryRanking> {
  const personNumber = personNumbers();
  const parts = cut(problem, personNumber, details, budget);
  const all = openQueries(problem, personNumber, parts);
  const shape = blockShape(parts, all, problem.size, details.top, budget);
  const queries = all.slice(...share.range(all.length));
  let gpuBytes = 0;
  // First each query is ranked in the part that has its right matches; the other parts need their distances.
  for (const atHome of [true, false]) {
    for (const [number, part] of parts.entries()) {
      const now = queries.filter(({ home }) => (home === number) === atHome);
      if (now.length === 0) continue;
      const ranker = await PartRanker.open(device, part, shape, problem.metric);
      gpuBytes = Math.max(gpuBytes, ranker.program.memory.total);
      try {
        await submitEach(
          chunks([0, now.length], shape.rows),
          ([from, to]) => ranker.rank(now.slice(from, to), atHome),
        );
      } finally {
        ranker.destroy();
      }
    }
  }
  const ranked = await share.gather(queries.map((query) => close(query, details.top)));
  return { queries: ranked.flat(), gpuBytes };
}

/** Blocks of as many queries as the budget allows, all about the same size. */
function blockShape(
  parts: readonly GalleryPart[],
  queries: readonly OpenQuery[],
  size: number,
  top: number,
  budget: RankingBudget,
): BlockShape {
  const columns = parts[0]?.persons.length ?? 0;
  const matches = queries.reduce((most, query) => Math.max(most, query.matches.length), 1);
  // Columns, distances and counts of right matches are inputs and outputs.
  const most = Math.floor(budget.distances / (4 * (columns + 8 * matches)));
  const blocks = Math.ceil(queries.length / Math.min(Math.max(most, 1), QUERIES));
  return { rows: Math.ceil(queries.length / blocks), matches, top, size };
}

/** The parts of the gallery, all of the same shape, so that they share pipelines. */
function cut(
  { queries, gallery: { embeddings, labels }, size }: RankingProblem,
  personNumber: (identity: number) => number,
  details: RankingDetails,
  budget: RankingBudget,
): GalleryPart[] {
  const most = Math.min(budget.gallery / tensorBytes([1, size]), budget.distances / (4 * QUERIES));
  const count = Math.ceil(labels.identity.length / most);
  const chosen = new Set(Array.from(details.sampled));
  const parts = galleryParts(labels.identity, new Set(queries.labels.identity), count).map((images) => ({
    images,
    sampled: [...images.entries()].filter(([, image]) => chosen.has(image)).map(([column]) => column),
  }));
  const columns = Math.max(...parts.map(({ images }) => images.length));
  const samples = Math.max(1, ...parts.map(({ sampled }) => sampled.length));
  return parts.map((part): GalleryPart => {
    const persons = new Float32Array(columns);
    const own = parts.length === 1 ? embeddings : new Float32Array(columns * size);
    for (const [column, image] of part.images.entries()) {
      persons[column] = personNumber(itemAt(labels.identity, image));
      if (parts.length > 1) own.set(embeddings.subarray(image * size, (image + 1) * size), column * size);
    }
    const sampled = new Uint32Array(samples).fill(NONE);
    sampled.set(part.sampled);
    return { images: part.images, embeddings: own, persons, sampled };
  });
}

function openQueries(
  { queries, gallery, size }: RankingProblem,
  personNumber: (identity: number) => number,
  parts: readonly GalleryPart[],
): OpenQuery[] {
  const people = new Map<number, { home: number; images: { column: number; index: number }[] }>();
  for (const [home, { images }] of parts.entries()) {
    for (const [column, index] of images.entries()) {
      const identity = itemAt(gallery.labels.identity, index);
      const known = people.get(identity);
      if (known) known.images.push({ column, index });
      else people.set(identity, { home, images: [{ column, index }] });
    }
  }
  return Array.from(queries.labels.identity, (identity, q): OpenQuery => {
    const { home, images } = people.get(identity) ?? { home: 0, images: [] };
    const right = images.filter(({ index }) => gallery.labels.camera[index] !== queries.labels.camera[q]);
    return {
      embedding: queries.embeddings.subarray(q * size, (q + 1) * size),
      person: personNumber(identity),
      home,
      matches: right.map((image) => ({ ...image, distance: 0, nearer: 0 })),
      others: [],
      negatives: [],
    };
  });
}

/** Numbers identities as integers that f32 represents exactly: 0 for junk, from 1 for people. */
function personNumbers(): (identity: number) => number {
  const numbers = new Map([[JUNK, 0]]);
  return (identity) => {
    const number = numbers.get(identity) ?? numbers.size;
    numbers.set(identity, number);
    return number;
  };
}

/** The result of a query after all parts were ranked. */
function close({ matches, others, negatives }: OpenQuery, top: number): RankedQuery {
  const right = matches.map(({ index, distance }): RankedMatch => ({ index, distance, right: true }));
  return {
    // The nearer a right match, the fewer wrong ones are before it.
    ranks: Int32Array.from(matches, ({ nearer }) => nearer).sort().map((wrong, i) => wrong + i),
    top: [...others, ...right].sort(nearestFirst).slice(0, top),
    positives: Float32Array.from(matches, ({ distance }) => distance),
    negatives,
  };
}
