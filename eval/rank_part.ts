/** One part of a gallery on the GPU, ranked for a block of queries at a time. */
import {
  add,
  constant,
  constantUint32,
  countNearer,
  type Device,
  f32,
  gramDistance,
  type HostInputs,
  type HostOutputs,
  nearestOthers,
  pickColumns,
  Program,
  u32,
  Uint32Tensor,
} from "../engine/mod.ts";
import { type Metric, NONE } from "../kernels/mod.ts";
import { nanDistance, type RankedMatch } from "./ranking.ts";

/** Images of a gallery that are on the GPU together. */
export interface GalleryPart {
  /** Places in the gallery by column; there may be columns without an image after them. */
  readonly places: Int32Array;
  /** [columns, size]. */
  readonly embeddings: Float32Array;
  /** Who is on them: whole numbers from 1 on, 0 for junk and where there is no image. */
  readonly persons: Float32Array;
  /** Columns of which every query tells its distance, at least one; `NONE` stands for nothing. */
  readonly sampled: Uint32Array;
}

/** A query on its way through the parts of a gallery, and what is known of it so far. */
export interface OpenQuery {
  readonly embedding: Float32Array;
  /** Who is on it, by the numbers of the gallery's parts. */
  readonly person: number;
  /** Part of the gallery that has its right matches, all of them. */
  readonly home: number;
  /** Columns of its right matches in that part. */
  readonly matches: readonly number[];
  /** Distances of the right matches, known once that part was ranked. */
  readonly distances: Float32Array;
  /** Wrong images no farther than each right match. */
  readonly nearer: Int32Array;
  /** The nearest wrong images of every part. */
  readonly others: RankedMatch[];
  /** Distances of the sampled images of other persons. */
  readonly negatives: number[];
}

/** Sizes of the blocks in which a part is ranked. */
export interface BlockShape {
  /** Queries. */
  readonly rows: number;
  /** Right matches of the query that has the most, at least 1. */
  readonly matches: number;
  /** How many of the nearest wrong images are found, at least 1. */
  readonly top: number;
  /** Length of an embedding. */
  readonly size: number;
}

type Recorded = Awaited<ReturnType<typeof recordPart>>;
type Inputs = Recorded extends Program<infer I, infer _> ? HostInputs<I> : never;
type Outputs = Recorded extends Program<infer _, infer O> ? HostOutputs<O> : never;

/** A part of a gallery, uploaded and ready to be ranked. */
export class PartRanker {
  private constructor(
    readonly part: GalleryPart,
    readonly shape: BlockShape,
    readonly program: Recorded,
  ) {}

  /** Uploads the part. @throws {LimitError} when it does not fit the adapter. */
  static async open(
    device: Device,
    part: GalleryPart,
    shape: BlockShape,
    metric: Metric,
  ): Promise<PartRanker> {
    return new PartRanker(part, shape, await recordPart(device, part, shape, metric));
  }

  /**
   * Ranks the part for at most `rows` queries and adds what it finds to them. Resolves once that is under way.
   *
   * @param atHome whether the right matches of these queries are in this part; otherwise they bring along the
   *   distances.
   * @throws {RangeError} (`done`) if a distance is NaN.
   */
  async rank(queries: readonly OpenQuery[], atHome: boolean): Promise<{ done: Promise<void> }> {
    const { outputs } = await this.program.submit(this.#inputs(queries, atHome));
    const done = outputs.then((out) => queries.forEach((query, row) => this.#take(query, row, out)));
    return { done };
  }

  /** Frees the GPU memory. */
  destroy(): void {
    this.program.destroy();
  }

  #inputs(queries: readonly OpenQuery[], atHome: boolean): Inputs {
    const { rows, matches, size } = this.shape;
    const inputs = {
      embeddings: new Float32Array(rows * size),
      persons: new Float32Array(rows),
      columns: new Uint32Array(rows * matches).fill(NONE),
      thresholds: new Float32Array(rows * matches).fill(-1),
    };
    queries.forEach((query, row) => {
      inputs.embeddings.set(query.embedding, row * size);
      inputs.persons[row] = query.person;
      // The distance at a column, which is 0 where there is none, and the threshold are added: one of them is 0.
      if (atHome) inputs.columns.set(query.matches, row * matches);
      if (atHome) inputs.thresholds.fill(0, row * matches, row * matches + query.matches.length);
      else inputs.thresholds.set(query.distances, row * matches);
    });
    return inputs;
  }

  #take(query: OpenQuery, row: number, out: Outputs): void {
    const { places, persons, sampled } = this.part;
    const { matches, top } = this.shape;
    const nearest = out.nearest.subarray(row * top, (row + 1) * top);
    nearest.forEach((column, i) => {
      if (column === NONE) return;
      const distance = out.nearestDistances[row * top + i];
      if (Number.isNaN(distance)) throw nanDistance(places[column]);
      query.others.push({ index: places[column], distance, right: false });
    });
    for (let i = 0; i < query.matches.length; i++) {
      query.distances[i] = out.thresholds[row * matches + i];
      query.nearer[i] += out.nearer[row * matches + i];
    }
    sampled.forEach((column, i) => {
      if (column === NONE || persons[column] === query.person) return;
      query.negatives.push(out.sample[row * sampled.length + i]);
    });
  }
}

function recordPart(device: Device, part: GalleryPart, shape: BlockShape, metric: Metric) {
  const { rows, matches, top, size } = shape;
  const columns = part.persons.length;
  const inputs = {
    embeddings: f32([rows, size]),
    persons: f32([rows]),
    columns: u32([rows, matches]),
    thresholds: f32([rows, matches]),
  };
  return Program.record(device, inputs, (query) => {
    const distances = gramDistance(query.embeddings, constant(part.embeddings, [columns, size]), metric);
    const identities = { query: query.persons, gallery: constant(part.persons, [columns]) };
    const thresholds = add(pickColumns(distances, query.columns), query.thresholds);
    const nearest = nearestOthers(distances, top, identities);
    const sampled = constantUint32(Array.from({ length: rows }, () => [...part.sampled]).flat());
    return {
      thresholds,
      nearer: countNearer(distances, thresholds, identities),
      nearest,
      nearestDistances: pickColumns(distances, nearest),
      sample: pickColumns(distances, new Uint32Tensor([rows, part.sampled.length], sampled.value)),
    };
  });
}
