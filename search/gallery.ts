/** A gallery of embeddings, kept in a PostgreSQL database with pgvector and searched there. */
import type { Database, Statements } from "./database.ts";
import { SearchError } from "./errors.ts";
import { condition, type GalleryFilter, isoDate, Parameters } from "./filter.ts";
import type {
  FoundImage,
  GalleryImage,
  GalleryModel,
  GalleryStats,
  HnswOptions,
  ImageFacts,
  SearchOptions,
  VectorPage,
} from "./gallery_types.ts";
import { readModel, requireSameModel, writeModel } from "./model_record.ts";
import { createTables, MAX_DIMENSION, MAX_HNSW_DIMENSION } from "./schema.ts";
import { readVector, vectorText } from "./vector_format.ts";

const HNSW = "images_embedding_hnsw";
const FACTS = `id, camera, frame::float8 as frame,
  to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time, path`;

interface FactsRow {
  id: string;
  camera: string | null;
  frame: number | null;
  time: string | null;
  path: string | null;
}

/** A gallery that exists, with what it is of. */
export class Gallery {
  private constructor(
    /** Where it is kept. */
    readonly database: Database,
    /** Which network its embeddings are of. */
    readonly model: GalleryModel,
  ) {}

  /**
   * Opens the gallery of a database.
   *
   * @param model where it is given, the gallery must be of this network.
   * @throws {SearchError} when there is none, or it is of another network.
   */
  static async open(database: Database, model?: GalleryModel): Promise<Gallery> {
    const gallery = await readModel(database);
    if (gallery === undefined) {
      throw new SearchError(
        `There is no gallery in ${database.place} yet. Add images to it first.`,
        { remedies: [{ kind: "add-images" }] },
      );
    }
    if (model !== undefined) requireSameModel(database, gallery, model);
    return new Gallery(database, gallery);
  }

  /**
   * Opens the gallery of a database, and makes it where there is none.
   *
   * @throws {SearchError} when it is of another network, or embeddings are too long for pgvector.
   */
  static async create(database: Database, model: GalleryModel): Promise<Gallery> {
    const { dimension } = model;
    if (dimension > MAX_DIMENSION) {
      throw new SearchError(
        `Embeddings of ${dimension} numbers are too long for pgvector, which takes ${MAX_DIMENSION}. Train with a ` +
          "smaller embedding size.",
        { remedies: [{ kind: "change", settings: ["embeddingSize"] }] },
      );
    }
    if (await readModel(database) === undefined) {
      await database.transaction(async (statements) => {
        await createTables(statements, dimension);
        await writeModel(statements, model);
      });
    }
    return await Gallery.open(database, model);
  }

  /**
   * Adds images, or replaces those whose ids the gallery has already: all of them in one transaction. When the promise
   * is fulfilled they are there whatever happens to this process; when it is rejected none of them is.
   *
   * @throws {SearchError} for embeddings of another length or with numbers that are not finite.
   */
  async add(images: readonly GalleryImage[]): Promise<{ added: number; replaced: number }> {
    for (const { id, embedding } of images) this.#requireVector(embedding, `The embedding of ${id}`);
    const latest = new Map(images.map((image) => [image.id, image])); // Of an id that comes twice the last counts.
    if (latest.size === 0) return { added: 0, replaced: 0 };
    const rows = [...latest.values()].map(({ id, camera, frame, time, path, embedding }) => ({
      id,
      camera,
      frame,
      time: time === undefined ? undefined : isoDate(time),
      path,
      embedding: vectorText(embedding),
    }));
    // Only a row that was not there before has no earlier version that xmax would tell of.
    const outcome = await this.database.query<{ added: boolean }>(
      `insert into reid.images (id, camera, frame, time, path, embedding)
       select id, camera, frame, time, path, embedding::vector from json_to_recordset($1::text::json)
         as row(id text, camera text, frame bigint, time timestamptz, path text, embedding text)
       on conflict (id) do update set camera = excluded.camera, frame = excluded.frame, time = excluded.time,
         path = excluded.path, embedding = excluded.embedding
       returning xmax = 0 as added`,
      [JSON.stringify(rows)],
    );
    const added = outcome.filter((row) => row.added).length;
    return { added, replaced: outcome.length - added };
  }

  /** Removes images by their ids; returns how many there were. */
  async removeIds(ids: readonly string[]): Promise<number> {
    const removed = await this.database.query(
      "delete from reid.images where id in (select json_array_elements_text($1::text::json)) returning 1 as one",
      [JSON.stringify(ids)],
    );
    return removed.length;
  }

  /** Removes the images that meet a filter; returns how many there were. */
  async remove(filter: GalleryFilter): Promise<number> {
    const parameters = new Parameters();
    const [{ removed }] = await this.database.query<{ removed: number }>(
      `with gone as (delete from reid.images where ${condition(filter, parameters)} returning 1)
       select count(*)::integer as removed from gone`,
      parameters.values,
    );
    return removed;
  }

  /**
   * The images nearest to a query, nearest first; of equally distant ones that of the lower id.
   *
   * Without an HNSW index, or with `exact`, every image that meets the filter is compared with (in f32, as pgvector
   * does). With one the search is approximate: some of the nearest may be missed, the more the smaller `efSearch`.
   * Where a filter leaves too few of the candidates the search goes on for more (pgvector's iterative scan).
   *
   * @throws {SearchError} for an empty gallery, or an embedding of another length or with numbers that are not finite.
   */
  async search(embedding: Float32Array, options: SearchOptions): Promise<FoundImage[]> {
    const { top, filter = {}, exact = false, efSearch = 100 } = options;
    this.#requireVector(embedding, "The query's embedding");
    const parameters = new Parameters();
    const query = `${parameters.add(vectorText(embedding))}::text::vector`;
    const where = condition(filter, parameters);
    const limit = parameters.add(top);
    // The inner order is one that the HNSW index can give; ties at its end are settled only where all are compared.
    const approximate = !exact && await this.#hnsw() !== undefined;
    const sql = `select ${FACTS}, distance from (
        select *, embedding <-> ${query} as distance from reid.images where ${where}
        order by embedding <-> ${query}${approximate ? "" : ", id"} limit ${limit}::integer
      ) as nearest order by distance, id`;
    return await this.database.transaction(async (statements) => {
      if (approximate) {
        await statements.query(`set local hnsw.ef_search = ${Math.trunc(efSearch)}`);
        await statements.query("set local hnsw.iterative_scan = strict_order");
      } else {
        await statements.query("set local enable_indexscan = off"); // Indices on camera and time still serve, as bitmaps.
      }
      const rows = await statements.query<FactsRow & { distance: number }>(sql, parameters.values);
      if (rows.length === 0) await this.#requireImages(statements);
      return rows.map((row) => ({ ...facts(row), distance: row.distance }));
    });
  }

  /**
   * All vectors of the images that meet a filter, page by page in the order of their ids, so that a gallery of any size
   * is read in the memory of one page. Every page is a statement of its own: images that others add or remove
   * meanwhile may be in or not.
   */
  async *vectors(filter: GalleryFilter = {}, pageSize = 1000): AsyncGenerator<VectorPage> {
    const { dimension } = this.model;
    let last: string | undefined;
    for (;;) {
      const parameters = new Parameters();
      const where = condition(filter, parameters);
      const beyond = last === undefined ? "true" : `id > ${parameters.add(last)}::text`;
      const rows = await this.database.query<{ id: string; bytes: Uint8Array }>(
        `select id, vector_send(embedding) as bytes from reid.images where ${where} and ${beyond}
         order by id limit ${parameters.add(pageSize)}::integer`,
        parameters.values,
      );
      if (rows.length === 0) return;
      const embeddings = new Float32Array(rows.length * dimension);
      for (const [row, { bytes }] of rows.entries()) readVector(bytes, embeddings, row * dimension);
      yield { ids: rows.map(({ id }) => id), embeddings };
      last = rows.at(-1)!.id;
      if (rows.length < pageSize) return;
    }
  }

  /** What is known of images, by their ids; ids that the gallery does not have are left out. */
  async images(ids: readonly string[]): Promise<Map<string, ImageFacts>> {
    const rows = await this.database.query<FactsRow>(
      `select ${FACTS} from reid.images where id in (select json_array_elements_text($1::text::json))`,
      [JSON.stringify(ids)],
    );
    return new Map(rows.map((row) => [row.id, facts(row)]));
  }

  /**
   * Builds the HNSW index anew: searches become approximate, and no longer slow down in proportion to the gallery. It is
   * kept up to date as images come and go.
   *
   * @throws {SearchError} when embeddings are too long for it.
   */
  async buildIndex({ m = 16, efConstruction = 64, memoryMebibytes = 256 }: HnswOptions = {}): Promise<void> {
    if (this.model.dimension > MAX_HNSW_DIMENSION) {
      throw new SearchError(
        `An HNSW index takes embeddings of up to ${MAX_HNSW_DIMENSION} numbers; these have ${this.model.dimension}. ` +
          "Searches stay exact; for an index train with a smaller embedding size.",
        { remedies: [{ kind: "change", settings: ["embeddingSize"] }] },
      );
    }
    await this.database.transaction(async (statements) => {
      await statements.query(`set local maintenance_work_mem = '${Math.trunc(memoryMebibytes)}MB'`);
      await statements.query(`drop index if exists reid.${HNSW}`);
      await statements.query(
        `create index ${HNSW} on reid.images using hnsw (embedding vector_l2_ops)
         with (m = ${Math.trunc(m)}, ef_construction = ${Math.trunc(efConstruction)})`,
      );
    });
  }

  /** Drops the HNSW index: searches are exact again. */
  async dropIndex(): Promise<void> {
    await this.database.query(`drop index if exists reid.${HNSW}`);
  }

  /** Counts what the gallery holds. */
  async stats(): Promise<GalleryStats> {
    const [totals] = await this.database.query<
      {
        images: number;
        bytes: number;
        first_frame: number | null;
        last_frame: number | null;
        first_time: string | null;
        last_time: string | null;
      }
    >(
      `select count(*)::integer as images, pg_total_relation_size('reid.images')::float8 as bytes,
         min(frame)::float8 as first_frame, max(frame)::float8 as last_frame,
         to_char(min(time) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as first_time,
         to_char(max(time) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as last_time
       from reid.images`,
    );
    const cameras = await this.database.query<{ camera: string | null; images: number }>(
      "select camera, count(*)::integer as images from reid.images group by camera order by camera nulls last",
    );
    const { images, bytes, first_frame, last_frame, first_time, last_time } = totals;
    const hnsw = await this.#hnsw();
    return {
      model: this.model,
      images,
      cameras,
      bytes,
      ...(first_frame !== null && last_frame !== null && { frames: [first_frame, last_frame] as const }),
      ...(first_time !== null && last_time !== null && { times: [first_time, last_time] as const }),
      ...(hnsw !== undefined && { hnsw }),
    };
  }

  /** The settings of the HNSW index, undefined where there is none. */
  async #hnsw(): Promise<string | undefined> {
    const [index] = await this.database.query<{ settings: string | null }>(
      `select array_to_string(reloptions, ', ') as settings from pg_class
       where oid = to_regclass('reid.${HNSW}')`,
    );
    return index && (index.settings ?? "");
  }

  async #requireImages(statements: Statements): Promise<void> {
    const [{ some }] = await statements.query<{ some: boolean }>(
      "select exists (select from reid.images) as some",
    );
    if (some) return;
    throw new SearchError(
      `The gallery in ${this.database.place} is empty. Add images to it first.`,
      { remedies: [{ kind: "add-images" }] },
    );
  }

  #requireVector(embedding: Float32Array, what: string): void {
    const { dimension } = this.model;
    if (embedding.length !== dimension) {
      throw new SearchError(
        `${what} has ${embedding.length} numbers, but those of the gallery in ${this.database.place} have ` +
          `${dimension}. Embed with the network that the gallery is of: ${this.model.summary}.`,
      );
    }
    if (!embedding.every(Number.isFinite)) {
      throw new SearchError(`${what} has numbers that are not finite: the network that made it is broken.`);
    }
  }
}

function facts({ id, camera, frame, time, path }: FactsRow): ImageFacts {
  return {
    id,
    ...(camera !== null && { camera }),
    ...(frame !== null && { frame }),
    ...(time !== null && { time }),
    ...(path !== null && { path }),
  };
}
