/**
 * Ranks a gallery on the GPU. Distances are computed there a block of queries at a time and stay there; what comes
 * back of a query's row are the distances of its right matches, for each of them how many wrong images are no
 * farther, the nearest wrong images, and a sample. The gallery's embeddings are uploaded once; those of a gallery too
 * large for that, part after part.
 */
import type { Device } from "../engine/mod.ts";
import { type Metric, NONE, tensorBytes } from "../kernels/mod.ts";
import { galleryParts } from "./gallery_parts.ts";
import { type BlockShape, type GalleryPart, type OpenQuery, PartRanker } from "./rank_part.ts";
import { type ImageLabels, JUNK, nearestFirst, type RankedMatch } from "./ranking.ts";

/** Embeddings [n, size] of a set of images, and who is on them. */
export interface EmbeddedSet {
  readonly embeddings: Float32Array;
  readonly labels: ImageLabels;
}

/** Queries, and the gallery to be ranked for each of them. */
export interface RankingProblem {
  readonly queries: EmbeddedSet;
  readonly gallery: EmbeddedSet;
  /** Length of an embedding. */
  readonly size: number;
  readonly metric: Metric;
}

/** What is told of every query beside its ranks. */
export interface RankingDetails {
  /** How many of the nearest images; at least 1. */
  readonly top: number;
  /** Places in the gallery of the images from which distances to other people are sampled. */
  readonly sampled: ArrayLike<number>;
}

/** About how much of a problem is on the GPU at a time, in bytes. An identity's images are not parted. */
export interface RankingBudget {
  /** Embeddings of the gallery. */
  readonly gallery: number;
  /** Distances of a block of queries; about three times as much is held, as kernels pass them on. */
  readonly distances: number;
}

/** The ranking of the gallery for one query. */
export interface RankedQuery {
  /** Of its right matches: 0-based, ascending, after removal; the same as those of `RankingAccumulator.ranks`. */
  readonly ranks: Int32Array;
  /** Its nearest images; the same as those of `topMatches`. */
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
  /** The most GPU memory that was held at a time, in bytes. */
  readonly gpuBytes: number;
}

const BUDGET: RankingBudget = { gallery: 96 * 2 ** 20, distances: 32 * 2 ** 20 };

/** Queries in a block: of more the product would be no faster. */
const QUERIES = 256;

/**
 * Ranks the gallery for every query by the rules of `ranking.ts`, exactly as the same distances are ranked there.
 *
 * @throws {RangeError} if a distance is NaN.
 * @throws {LimitError} if the images of one identity are more than the adapter holds.
 */
export async function rankGallery(
  device: Device,
  problem: RankingProblem,
  details: RankingDetails,
  budget: RankingBudget = BUDGET,
): Promise<GalleryRanking> {
  const person = personNumbers(problem.gallery.labels.identity, problem.queries.labels.identity);
  const parts = cut(problem, person, details, budget);
  const queries = openQueries(problem, person, parts);
  const shape = blockShape(parts, queries, problem.size, details.top, budget);
  let gpuBytes = 0;
  // A query learns the distances of its right matches where they are, and brings them along to the other parts.
  for (const atHome of [true, false]) {
    for (const [number, part] of parts.entries()) {
      const now = queries.filter(({ home }) => (home === number) === atHome);
      if (now.length === 0) continue;
      const ranker = await PartRanker.open(device, part, shape, problem.metric);
      gpuBytes = Math.max(gpuBytes, ranker.program.memory.total);
      try {
        await rankBlocks(ranker, now, atHome);
      } finally {
        ranker.destroy();
      }
    }
  }
  const ranked = queries.map((query) => close(query, parts[query.home]?.places, details.top));
  return { queries: ranked, gpuBytes };
}

async function rankBlocks(ranker: PartRanker, queries: readonly OpenQuery[], atHome: boolean): Promise<void> {
  const waiting: Promise<void>[] = [];
  const { rows } = ranker.shape;
  for (let first = 0; first < queries.length; first += rows) {
    const { done } = await ranker.rank(queries.slice(first, first + rows), atHome);
    done.catch(() => {}); // It is thrown below, unless submitting throws before.
    waiting.push(done);
  }
  await Promise.all(waiting);
}

/** As many queries as the budget allows, shared out evenly among the blocks. */
function blockShape(
  parts: readonly GalleryPart[],
  queries: readonly OpenQuery[],
  size: number,
  top: number,
  budget: RankingBudget,
): BlockShape {
  const columns = parts.length > 0 ? parts[0].persons.length : 0;
  const matches = queries.reduce((most, query) => Math.max(most, query.matches.length), 1);
  // Of right matches there are columns, distances and counts, on their way in and out.
  const most = Math.floor(budget.distances / (4 * (columns + 8 * matches)));
  const blocks = Math.ceil(queries.length / Math.min(Math.max(most, 1), QUERIES));
  return { rows: Math.ceil(queries.length / blocks), matches, top, size };
}

/** The parts of the gallery, all of one shape, so that one set of pipelines does for them. */
function cut(
  problem: RankingProblem,
  person: ReadonlyMap<number, number>,
  details: RankingDetails,
  budget: RankingBudget,
): GalleryPart[] {
  const { queries, gallery: { embeddings, labels }, size } = problem;
  const most = Math.min(budget.gallery / tensorBytes([1, size]), budget.distances / (4 * QUERIES));
  const count = Math.ceil(labels.identity.length / most);
  const parts = galleryParts(labels.identity, new Set(queries.labels.identity), count);
  const columns = Math.max(...parts.map((places) => places.length));
  const chosen = new Set(Array.from(details.sampled));
  const sampled = parts.map((places) => [...places.keys()].filter((column) => chosen.has(places[column])));
  const samples = Math.max(1, ...sampled.map((columns) => columns.length));
  return parts.map((places, number): GalleryPart => {
    const part = {
      places,
      embeddings: parts.length === 1 ? embeddings : new Float32Array(columns * size),
      persons: new Float32Array(columns),
      sampled: new Uint32Array(samples).fill(NONE),
    };
    part.sampled.set(sampled[number]);
    places.forEach((place, column) => {
      part.persons[column] = person.get(labels.identity[place])!;
      if (parts.length === 1) return;
      part.embeddings.set(embeddings.subarray(place * size, (place + 1) * size), column * size);
    });
    return part;
  });
}

function openQueries(
  { queries, gallery, size }: RankingProblem,
  person: ReadonlyMap<number, number>,
  parts: readonly GalleryPart[],
): OpenQuery[] {
  const images = new Map<number, { home: number; columns: number[] }>();
  for (const [home, { places, persons }] of parts.entries()) {
    for (const column of places.keys()) {
      const known = images.get(persons[column]);
      if (known) known.columns.push(column);
      else images.set(persons[column], { home, columns: [column] });
    }
  }
  return Array.from(queries.labels.identity, (identity, q): OpenQuery => {
    const number = person.get(identity)!;
    const { home, columns } = images.get(number) ?? { home: 0, columns: [] };
    const camera = (column: number) => gallery.labels.camera[parts[home].places[column]];
    const matches = columns.filter((column) => camera(column) !== queries.labels.camera[q]);
    return {
      embedding: queries.embeddings.subarray(q * size, (q + 1) * size),
      person: number,
      home,
      matches,
      distances: new Float32Array(matches.length),
      nearer: new Int32Array(matches.length),
      others: [],
      negatives: [],
    };
  });
}

/** Identities as numbers that f32 holds exactly, from 1 on; junk is 0. */
function personNumbers(...sets: Int32Array[]): Map<number, number> {
  const numbers = new Map([[JUNK, 0]]);
  for (const identities of sets) {
    for (const identity of identities) if (!numbers.has(identity)) numbers.set(identity, numbers.size);
  }
  return numbers;
}

/** What is told of a query once all parts were ranked. */
function close(query: OpenQuery, places: Int32Array | undefined, top: number): RankedQuery {
  const right = query.matches.map((column, i): RankedMatch => ({
    index: places![column],
    distance: query.distances[i],
    right: true,
  }));
  return {
    // The nearer a right match, the fewer wrong ones are before it.
    ranks: query.nearer.toSorted().map((wrong, i) => wrong + i),
    top: [...query.others, ...right].sort(nearestFirst).slice(0, top),
    positives: query.distances,
    negatives: query.negatives,
  };
}
