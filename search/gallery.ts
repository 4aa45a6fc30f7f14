/** A gallery of embeddings in a PostgreSQL database with pgvector, which also searches it. */
import { type Database, type Parameter, queryRow, type Statements } from "./database.ts";
import { SearchError } from "./errors.ts";
import { condition, type GalleryFilter, Parameters } from "./filter.ts";
import type {
  FoundImage,
  GalleryImage,
  GalleryModel,
  GalleryStats,
  HnswOptions,
  ImageFacts,
  SearchOptions,
} from "./gallery_types.ts";
import { insertImages } from "./insert_images.ts";
import { readModel, requireSameModel, writeModel, writeThresholds } from "./model_record.ts";
import { type Candidate, type Placement, placements } from "./placement.ts";
import { addPathsIndex, createTables, MAX_DIMENSION, MAX_HNSW_DIMENSION } from "./schema.ts";
import type { Vectors } from "./vector_blocks.ts";
import { readVector, vectorText } from "./vector_format.ts";

const HNSW = "images_embedding_hnsw";
/** The condition for images whose ids are in $1, a JSON array. */
const WITH_IDS = "id in (select json_array_elements_text($1::text::json))";
/** The columns of an image's row as {@link ImageFacts}. */
const FACTS = `json_strip_nulls(json_build_object('id', id, 'camera', camera, 'frame', frame,
  'time', to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'path', path)) as facts`;

/** A gallery that exists. Open one with {@link Gallery.open} or {@link Gallery.create}. */
export class Gallery {
  private constructor(
    readonly database: Database,
    /** The network that made its embeddings. */
    readonly model: GalleryModel,
  ) {}

  /**
   * Opens the gallery of a database.
   *
   * @param model the network that the gallery must be of; any if not given.
   * @throws {SearchError} when there is no gallery, or it is of another network.
   */
  static async open(database: Database, model?: GalleryModel): Promise<Gallery> {
    const gallery = await readModel(database);
    if (gallery === undefined) {
      throw new SearchError(
        `There is no gallery in ${database.location} yet. Add images to it first.`,
        { remedies: [{ kind: "add-images" }] },
      );
    }
    if (model !== undefined) requireSameModel(database.location, gallery, model);
    return new Gallery(database, gallery);
  }

  /**
   * Opens the gallery of a database, and makes one if there is none.
   *
   * @throws {SearchError} when it is of another network, or embeddings are too long for pgvector.
   */
  static async create(database: Database, model: GalleryModel): Promise<Gallery> {
    const { dimension } = model;
    if (dimension > MAX_DIMENSION) {
      throw new SearchError(
        `Embeddings of ${dimension} numbers are too long for pgvector, which takes at most ${MAX_DIMENSION}. Train ` +
          "with a smaller embedding size.",
        { remedies: [{ kind: "change", settings: ["embeddingSize"] }] },
      );
    }
    if (await readModel(database) === undefined) {
      await database.transaction(async (statements) => {
        await createTables(statements, dimension);
        await writeModel(statements, model);
      });
    }
    const gallery = await Gallery.open(database, model);
    await addPathsIndex(database);
    await writeThresholds(database, gallery.model, model);
    return gallery;
  }

  /** What the gallery has in the place of each image, in their order. */
  async placements(images: readonly Candidate[]): Promise<Placement[]> {
    for (const { id, embedding } of images) {
      if (embedding) this.#requireVector(embedding, `The embedding of ${id}`);
    }
    return await placements(this.database, images);
  }

  /**
   * Adds images in one transaction. An image that is there already is renewed. When the promise is fulfilled, all of them
   * survive any end of this process; when it is rejected, none is added.
   *
   * @param options.replace whether images may replace other images of the same ids. Default false.
   * @throws {SearchError} for embeddings of another length or with non-finite numbers, and for ids of other images.
   */
  async add(
    images: readonly GalleryImage[],
    { replace = false } = {},
  ): Promise<{ added: number; replaced: number }> {
    for (const { id, embedding } of images) this.#requireVector(embedding, `The embedding of ${id}`);
    return await this.database.transaction((statements) =>
      insertImages(statements, images, { replace, location: this.database.location })
    );
  }

  /** Removes images by their ids; returns how many it removed. */
  removeIds(ids: readonly string[]): Promise<number> {
    return this.#remove(WITH_IDS, [JSON.stringify(ids)]);
  }

  /** Removes the images that meet a filter; returns how many it removed. */
  remove(filter: GalleryFilter): Promise<number> {
    const parameters = new Parameters();
    return this.#remove(condition(filter, parameters), parameters.values);
  }

  /** How many images meet a filter. */
  async count(filter: GalleryFilter): Promise<number> {
    const parameters = new Parameters();
    const where = condition(filter, parameters);
    const { images } = await queryRow<{ images: number }>(
      this.database,
      `select count(*)::integer as images from reid.images where ${where}`,
      parameters.values,
    );
    return images;
  }

  async #remove(where: string, parameters: readonly Parameter[]): Promise<number> {
    const { removed } = await queryRow<{ removed: number }>(
      this.database,
      `with gone as (delete from reid.images where ${where} returning 1)
       select count(*)::integer as removed from gone`,
      parameters,
    );
    return removed;
  }

  /**
   * Finds the images nearest to a query, nearest first; equally distant ones in the order of their ids.
   *
   * Without an HNSW index, or with `exact`, the query is compared with every image that meets the filter (in f32, as
   * pgvector does). With an index the search is approximate: it may miss some of the nearest, more of them with a
   * smaller `efSearch`. If a filter leaves too few candidates, the search continues (pgvector's iterative scan).
   *
   * @throws {SearchError} for an empty gallery, or an embedding of another length or with non-finite numbers.
   */
  async search(embedding: Float32Array, options: SearchOptions): Promise<FoundImage[]> {
    const { top, filter = {}, exact = false, efSearch = 100 } = options;
    this.#requireVector(embedding, "The query's embedding");
    const parameters = new Parameters();
    const query = `${parameters.add(vectorText(embedding))}::text::vector`;
    const where = condition(filter, parameters);
    const limit = parameters.add(top);
    // The HNSW index can give the inner order only without the id; ties at its end are then not settled.
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
        await statements.query("set local enable_indexscan = off"); // Indices on camera and time still help, as bitmaps.
      }
      const rows = await statements.query<{ facts: ImageFacts; distance: number }>(sql, parameters.values);
      if (rows.length === 0) await this.#requireImages(statements);
      return rows.map(({ facts, distance }) => ({ ...facts, distance }));
    });
  }

  /**
   * Yields the vectors of the images that meet a filter, page by page in the order of their ids, so that reading a
   * gallery of any size takes the memory of one page. Each page is a separate statement: images that others add or
   * remove meanwhile may be in or not.
   */
  async *vectors(filter: GalleryFilter = {}, pageSize = 1000): AsyncGenerator<Vectors> {
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
      const embeddings = new Float32Array(rows.length * dimension);
      for (const [row, { bytes }] of rows.entries()) readVector(bytes, embeddings, row * dimension);
      if (rows.length > 0) yield { ids: rows.map(({ id }) => id), embeddings };
      if (rows.length < pageSize) return;
      last = rows.at(-1)?.id;
    }
  }

  /** The facts of images by their ids, without ids that the gallery does not have. */
  async images(ids: readonly string[]): Promise<Map<string, ImageFacts>> {
    const rows = await this.database.query<{ facts: ImageFacts }>(
      `select ${FACTS} from reid.images where ${WITH_IDS}`,
      [JSON.stringify(ids)],
    );
    return new Map(rows.map(({ facts }) => [facts.id, facts]));
  }

  /**
   * Builds or rebuilds the HNSW index: searches become approximate, and their time no longer grows in proportion to the
   * gallery. The database keeps the index up to date.
   *
   * @throws {SearchError} when the embeddings are too long for it.
   */
  async buildIndex({ m = 16, efConstruction = 64, memoryMebibytes = 256 }: HnswOptions = {}): Promise<void> {
    if (this.model.dimension > MAX_HNSW_DIMENSION) {
      throw new SearchError(
        `An HNSW index takes embeddings of at most ${MAX_HNSW_DIMENSION} numbers; these have ${this.model.dimension}. ` +
          "Searches stay exact; for an index, train with a smaller embedding size.",
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

  /** Counts the images of the gallery. */
  async stats(): Promise<GalleryStats> {
    const date = (time: string) => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
    const { totals } = await queryRow<
      { totals: Pick<GalleryStats, "images" | "bytes" | "frames" | "times"> }
    >(
      this.database,
      `select json_strip_nulls(json_build_object(
         'images', count(*), 'bytes', pg_total_relation_size('reid.images'),
         'frames', case when count(frame) > 0 then json_build_array(min(frame), max(frame)) end,
         'times', case when count(time) > 0 then json_build_array(${date("min(time)")}, ${
        date("max(time)")
      }) end
       )) as totals from reid.images`,
    );
    const cameras = await this.database.query<{ camera: string | null; images: number }>(
      "select camera, count(*)::integer as images from reid.images group by camera order by camera nulls last",
    );
    const hnsw = await this.#hnsw();
    return { model: this.model, cameras, ...totals, ...(hnsw !== undefined && { hnsw }) };
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
    const { some } = await queryRow<{ some: boolean }>(
      statements,
      "select exists (select from reid.images) as some",
    );
    if (some) return;
    throw new SearchError(
      `The gallery in ${this.database.location} is empty. Add images to it first.`,
      { remedies: [{ kind: "add-images" }] },
    );
  }

  #requireVector(embedding: Float32Array, what: string): void {
    const { dimension } = this.model;
    if (embedding.length !== dimension) {
      throw new SearchError(
        `${what} has ${embedding.length} numbers, but those of the gallery in ${this.database.location} have ` +
          `${dimension}. Embed with the network of the gallery: ${this.model.summary}.`,
      );
    }
    if (!embedding.every(Number.isFinite)) {
      throw new SearchError(
        `${what} has numbers that are not finite: the weights of its network are not usable.`,
      );
    }
  }
}
