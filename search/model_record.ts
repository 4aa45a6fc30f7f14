/** Which network a gallery's embeddings are of, as it stands in the database: distances between two mean nothing. */
import type { Database, Statements } from "./database.ts";
import { SearchError } from "./errors.ts";
import type { GalleryModel } from "./gallery_types.ts";
import { hasTables, SCHEMA_VERSION } from "./schema.ts";

/**
 * The network that a database's gallery is of; undefined where there is no gallery.
 *
 * @throws {SearchError} when its tables are another program version's.
 */
export async function readModel(statements: Statements): Promise<GalleryModel | undefined> {
  if (!await hasTables(statements)) return undefined;
  const [row] = await statements.query<
    { schema_version: number; model: string; model_summary: string; dimension: number; flip: boolean }
  >("select schema_version, model, model_summary, dimension, flip from reid.gallery");
  if (row === undefined) return undefined;
  if (row.schema_version !== SCHEMA_VERSION) {
    throw new SearchError(
      `The gallery is kept in tables of version ${row.schema_version}, and this program knows version ` +
        `${SCHEMA_VERSION}. Use the program that made it, or add its images to a new one.`,
    );
  }
  return { identity: row.model, dimension: row.dimension, flip: row.flip, summary: row.model_summary };
}

/** Notes the network of a new gallery; where another process was faster its own stays. */
export async function writeModel(
  statements: Statements,
  { identity, summary, dimension, flip }: GalleryModel,
): Promise<void> {
  await statements.query(
    `insert into reid.gallery (schema_version, model, model_summary, dimension, flip)
     values ($1::integer, $2::text, $3::text, $4::integer, $5::boolean) on conflict do nothing`,
    [SCHEMA_VERSION, identity, summary, dimension, flip],
  );
}

/**
 * Refuses embeddings of another network than the gallery's, or of the same one with mirror images where the gallery's
 * are without, or the other way round.
 *
 * @throws {SearchError} when they are.
 */
export function requireSameModel({ place }: Database, gallery: GalleryModel, model: GalleryModel): void {
  if (gallery.identity === model.identity && gallery.dimension === model.dimension) {
    if (gallery.flip === model.flip) return;
    throw new SearchError(
      `The gallery in ${place} holds embeddings ${
        gallery.flip ? "averaged over" : "without"
      } mirror images. ` +
        "Embed as it does, or make a new gallery.",
      { remedies: [{ kind: "set", settings: { testFlip: gallery.flip } }] },
    );
  }
  throw new SearchError(
    `The gallery in ${place} holds embeddings of another network: ${gallery.summary} (${
      gallery.identity.slice(0, 12)
    }, ${gallery.dimension} numbers), not ${model.summary} (${
      model.identity.slice(0, 12)
    }, ${model.dimension} ` +
      "numbers). Distances between the two mean nothing. Use that network, or make a new gallery with this one.",
  );
}
