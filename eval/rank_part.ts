/** One part of a gallery on the GPU, ranked for a block of queries at a time. */
import { itemAt } from "../engine/item_at.ts";
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

/** Gallery images that are on the GPU together, one per column of the distances. */
export interface GalleryPart {
  /** Indices in the gallery by column; columns without an image may follow. */
  readonly images: Int32Array;
  /** [columns, size]. */
  readonly embeddings: Float32Array;
  /** The person's number by column: integers from 1, 0 for junk and where there is no image. */
  readonly persons: Float32Array;
  /** Columns whose distances are sampled for every query, at least one; `NONE` for no column. */
  readonly sampled: Uint32Array;
}

/** A right match of a query. */
export interface RightMatch {
  /** Column in the query's home part. */
  readonly column: number;
  /** Index in the gallery. */
  readonly index: number;
  /** Set when the home part was ranked. */
  distance: number;
  /** Wrong images no farther than this match, in the parts ranked so far. */
  nearer: number;
}

/** A query and its results from the parts ranked so far. */
export interface OpenQuery {
  readonly embedding: Float32Array;
  /** The person's number, as in `GalleryPart.persons`. */
  readonly person: number;
  /** The part of the gallery that contains all right matches. */
  readonly home: number;
  readonly matches: readonly RightMatch[];
  /** The nearest wrong images of every part. */
  readonly others: RankedMatch[];
  /** Distances of the sampled images of other persons. */
  readonly negatives: number[];
}

/** The shape of a block of queries. */
export interface BlockShape {
  /** Queries. */
  readonly rows: number;
  /** Largest number of right matches of a query, at least 1. */
  readonly matches: number;
  /** Number of nearest wrong images to find, at least 1. */
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

  /** Uploads the part. @throws {LimitError} If it does not fit the adapter. */
  static async open(
    device: Device,
    part: GalleryPart,
    shape: BlockShape,
    metric: Metric,
  ): Promise<PartRanker> {
    return new PartRanker(part, shape, await recordPart(device, part, shape, metric));
  }

  /**
   * Ranks the part for at most `rows` queries and adds the results to them. Resolves once the work is submitted.
   *
   * @param atHome Whether the right matches of these queries are in this part; otherwise their distances are known.
   * @throws {RangeError} (`done`) If a distance is NaN.
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
      // The GPU adds the threshold to the distance at the column, which is 0 for no column: one of the two is 0.
      if (atHome) inputs.columns.set(query.matches.map(({ column }) => column), row * matches);
      inputs.thresholds.set(query.matches.map(({ distance }) => atHome ? 0 : distance), row * matches);
    });
    return inputs;
  }

  #take(query: OpenQuery, row: number, out: Outputs): void {
    const { images, persons, sampled } = this.part;
    const { matches, top } = this.shape;
    for (const [i, column] of out.nearest.subarray(row * top, (row + 1) * top).entries()) {
      if (column === NONE) continue;
      const index = itemAt(images, column), distance = itemAt(out.nearestDistances, row * top + i);
      if (Number.isNaN(distance)) throw nanDistance(index);
      query.others.push({ index, distance, right: false });
    }
    for (const [i, match] of query.matches.entries()) {
      match.distance = itemAt(out.thresholds, row * matches + i);
      match.nearer += itemAt(out.nearer, row * matches + i);
    }
    for (const [i, column] of sampled.entries()) {
      if (column === NONE || persons[column] === query.person) continue;
      query.negatives.push(itemAt(out.sample, row * sampled.length + i));
    }
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
