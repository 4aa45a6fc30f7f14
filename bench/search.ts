/**
 * `deno task bench:search`: searches many vectors by the exact scan on the GPU, by pgvector's exact search and by its HNSW
 * index in the embedded PostgreSQL. Prints a table of times, recall and memory; a brute-force search in f64 on the CPU
 * gives the right results.
 */
import assert from "node:assert/strict";
import { runCommand } from "../cli/command.ts";
import { type Command, type FlagTable, type FlagValues, parseFlags } from "../cli/flags.ts";
import { betterPeaks, Device, leastMilliseconds, measurePeaks, median } from "../engine/mod.ts";
import { openEmbedded } from "../search/embedded_database.ts";
import { squaredDistance } from "../search/exact_distance.ts";
import { Gallery } from "../search/gallery.ts";
import { openScan, scanOnce } from "../search/scan.ts";
import { clockInWords, kernelClock } from "./clock.ts";
import { giga, peaksLine } from "./roofline_table.ts";
import { bruteForce, drawSearch, type SearchProblem, VECTOR_KINDS } from "./search_problem.ts";
import { type Search, searchTable } from "./search_table.ts";
import { seconds } from "./units.ts";

const COMMAND: Command = {
  usage: "deno task bench:search",
  summary: "Times exact and approximate searches of a gallery of random vectors, and measures their recall.",
  examples: [
    ["deno task bench:search", "100,000 vectors; most of the time goes into building the HNSW index"],
    ["deno task bench:search --vectors 10000 --kind uniform", "a tenth of them, in random directions"],
  ],
};

const FLAGS = {
  vectors: { type: "integer", min: 100, max: 1e6, default: 100_000, help: "Vectors in the gallery." },
  size: { type: "integer", min: 4, max: 2000, default: 512, help: "Length of a vector." },
  queries: { type: "integer", min: 1, max: 1000, default: 100, help: "How many queries." },
  top: { type: "integer", min: 1, max: 100, default: 10, help: "How many of the nearest to find." },
  kind: {
    type: "choice",
    choices: VECTOR_KINDS,
    default: "identities",
    help: "20 images of each person, like embeddings, or random directions, which are hardest for HNSW.",
  },
  m: { type: "integer", min: 2, max: 100, default: 16, help: "Links of a vector in HNSW." },
  efConstruction: {
    type: "integer",
    min: 4,
    max: 1000,
    default: 64,
    help: "Candidates for those links when HNSW is built; at least twice as many as links.",
  },
  seed: { type: "integer", min: 0, default: 1, help: "Seed of the vectors." },
} as const satisfies FlagTable;

/** Candidates that a search in HNSW keeps. */
const EF_SEARCH = [40, 100, 200, 400];
/** Images that are added to the gallery at once. */
const BATCH = 500;
/** How often all queries are searched together. */
const REPEATS = 3;

type Options = FlagValues<typeof FLAGS>;

/** Answers one query by the ids of the nearest images. */
type Answer = (query: Float32Array) => Promise<string[]>;

const idOf = (position: number) => String(position).padStart(7, "0");
const say = (line: string) => console.error(line);

async function main(args: string[]): Promise<number> {
  const options = parseFlags(COMMAND, FLAGS, args);
  const { vectors, queries, size, kind, seed } = options;
  const problem = drawSearch(kind, vectors, queries, size, seed);
  const start = performance.now();
  const nearest = bruteForce(problem, options.top);
  say(`  brute force in f64: ${(performance.now() - start).toFixed(0)} ms for all queries`);
  const truth = nearest.map((positions) => positions.map(idOf));
  const folder = await Deno.makeTempDir({ prefix: "bench-search-" });
  try {
    const database = await openEmbedded(`${folder}/gallery`, { create: true });
    try {
      const gallery = await fill(await newGallery(database, size), problem);
      const table = [
        ...await onGpu(gallery, problem, truth, options),
        ...await inDatabase(gallery, problem, truth, options),
      ];
      console.log(
        `${vectors} vectors × ${size}, ${kind}, seed ${seed}: the ${options.top} nearest of ${queries} queries`,
      );
      console.log(searchTable(table, options.top, queries));
    } finally {
      await database.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return 0;
}

function newGallery(database: Parameters<typeof Gallery.create>[0], dimension: number): Promise<Gallery> {
  const model = { identity: "0".repeat(64), dimension, summary: "random vectors", flip: false };
  return Gallery.create(database, model);
}

async function fill(gallery: Gallery, { gallery: vectors, size }: SearchProblem): Promise<Gallery> {
  const count = vectors.length / size;
  const start = performance.now();
  for (let from = 0; from < count; from += BATCH) {
    const images = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => ({
      id: idOf(from + i),
      embedding: vectors.subarray((from + i) * size, (from + i + 1) * size),
    }));
    await gallery.add(images);
  }
  await gallery.database.query("analyze reid.images");
  say(`  added to the gallery: ${seconds(performance.now() - start)}`);
  return gallery;
}

/** The scan: with the vectors on the GPU, for single queries and for all at once; and in one pass. */
async function onGpu(
  gallery: Gallery,
  problem: SearchProblem,
  truth: readonly string[][],
  { size, top, vectors, queries }: Options,
): Promise<Search[]> {
  const device = await Device.open();
  const clock = kernelClock(device);
  try {
    const before = await measurePeaks(device, clock);
    const opened = performance.now();
    const single = await openScan(device, gallery.vectors(), { size, top }, 1);
    const build = performance.now() - opened;
    const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id);
    const one = await timeOneByOne(problem, async (query) => ids((await single.search(query))[0]));
    assert.deepEqual(one.found, truth, "the scan must find what a brute force in f64 finds");
    const bytes = single.gpuBytes;
    const { undecided } = single;
    single.destroy();

    const many = await openScan(device, gallery.vectors(), { size, top }, queries);
    await many.search(problem.queries); // Compiles the kernels.
    const walls: number[] = [], times: number[] = [];
    let found: string[][] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const [start, wall] = [clock(), performance.now()];
      found = (await many.search(problem.queries)).map(ids);
      walls.push(performance.now() - wall);
      times.push(clock() - start);
    }
    assert.deepEqual(found, truth);
    many.destroy();

    const start = performance.now();
    const streamed = await scanOnce(device, gallery.vectors(), problem.queries, { size, top });
    const pass = performance.now() - start;
    assert.deepEqual(streamed.map(ids), truth);

    const peaks = betterPeaks(before, await measurePeaks(device, clock));
    const flops = 2 * queries * vectors * size;
    const work = { flops, bytesRead: 4 * (queries + vectors) * size, bytesWritten: 4 * queries * vectors };
    const [least, time] = [leastMilliseconds(work, peaks), Math.min(...times)];
    console.log(
      `${device.adapter.name}, tensors in ${device.storage}s, ${clockInWords(device)}: ${peaksLine(peaks)}`,
    );
    console.log(
      `all queries together: ${time.toFixed(0)} ms; the roofline of distances is ${least.toFixed(0)} ms (${
        Math.round(100 * least / time)
      } % of it reached, selection and proof included), ${giga(1000 * flops / time)} GFLOP/s`,
    );
    console.log(
      `blocks that f32 left undecided: ${
        undecided + many.undecided
      }; one pass over the gallery's table for all ` +
        `queries, a block of vectors held at a time: ${seconds(pass)}`,
    );
    return [{
      name: "GPU scan",
      build,
      latencies: one.latencies,
      batched: median(walls) / queries,
      found: one.found,
      truth,
      bytes,
    }];
  } finally {
    device.destroy();
  }
}

/** pgvector: its exact search, then the graph with more and more candidates. */
async function inDatabase(
  gallery: Gallery,
  problem: SearchProblem,
  truth: readonly string[][],
  { top, m, efConstruction: asked }: Options,
): Promise<Search[]> {
  const answer = (options: { exact?: boolean; efSearch?: number }): Answer => async (query) =>
    (await gallery.search(query, { top, ...options })).map(({ id }) => id);
  const { bytes } = await gallery.stats();
  const exact = await timeOneByOne(problem, answer({ exact: true }));
  explainDifferences(problem, exact.found, truth);
  const searches: Search[] = [{ name: "pgvector exact", truth, bytes, ...exact }];
  say("  building HNSW ...");
  const start = performance.now();
  const efConstruction = Math.max(asked, 2 * m);
  await gallery.buildIndex({ m, efConstruction, memoryMebibytes: 1024 });
  const build = performance.now() - start;
  const hnswBytes = (await gallery.stats()).bytes - bytes;
  // Otherwise the planner may choose the exact search instead of the index, which is timed here.
  await gallery.database.query("set enable_sort = off");
  const scansBefore = await hnswScans(gallery);
  for (const efSearch of EF_SEARCH) {
    const timed = await timeOneByOne(problem, answer({ efSearch }));
    const name = `HNSW m=${m} ef_construction=${efConstruction} ef_search=${efSearch}`;
    searches.push({ name, build, truth, bytes: hnswBytes, ...timed });
  }
  const answered = EF_SEARCH.length * (1 + truth.length); // One of each is for warming up.
  assert.equal(await hnswScans(gallery) - scansBefore, answered, "all must be answered by the HNSW index");
  return searches;
}

/** How often the HNSW index was searched so far. */
async function hnswScans({ database }: Gallery): Promise<number> {
  await database.query("select pg_stat_force_next_flush()");
  const [{ scans }] = await database.query<{ scans: number }>(
    `select idx_scan::float8 as scans from pg_stat_user_indexes where indexrelname = 'images_embedding_hnsw'`,
  );
  return scans;
}

async function timeOneByOne(
  { queries, size }: SearchProblem,
  answer: Answer,
): Promise<{ latencies: number[]; found: string[][] }> {
  const latencies: number[] = [], found: string[][] = [];
  await answer(queries.subarray(0, size)); // Compiles kernels, fills caches.
  for (let at = 0; at < queries.length; at += size) {
    const start = performance.now();
    found.push(await answer(queries.subarray(at, at + size)));
    latencies.push(performance.now() - start);
  }
  return { latencies, found };
}

/** pgvector sums in f32: prints how near the distances are that it returns in another order. */
function explainDifferences(
  { gallery, queries, size }: SearchProblem,
  found: readonly string[][],
  truth: readonly string[][],
): void {
  let differing = 0, largest = 0;
  found.forEach((ids, q) =>
    ids.forEach((id, rank) => {
      if (id === truth[q][rank]) return;
      differing++;
      const [a, b] = [id, truth[q][rank]].map((of) =>
        squaredDistance(queries, q * size, gallery, Number(of) * size, size)
      );
      largest = Math.max(largest, Math.abs(Math.sqrt(a / b) - 1));
    })
  );
  console.log(
    differing === 0
      ? "pgvector exact: every rank is as in f64"
      : `pgvector exact: ${differing} ranks differ from f64, by distances that are equal to ${
        largest.toExponential(1)
      }`,
  );
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
