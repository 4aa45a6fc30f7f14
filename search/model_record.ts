/** The record of a gallery's network in its database: distances between embeddings of two networks mean nothing. */
import { queryRow, type Statements } from "./database.ts";
import { SearchError } from "./errors.ts";
import type { GalleryModel } from "./gallery_types.ts";
import { parseThresholds } from "../model/thresholds.ts";
import { SCHEMA_VERSION } from "./schema.ts";

/**
 * Reads the network of a database's gallery; undefined if there is no gallery.
 *
 * @throws {SearchError} when another version of the program made its tables.
 */
export async function readModel(statements: Statements): Promise<GalleryModel | undefined> {
  const { found } = await queryRow<{ found: boolean }>(
    statements,
    "select to_regclass('reid.gallery') is not null as found",
  );
  if (!found) return undefined;
  const [row] = await statements.query<
    {
      schema_version: number;
      model: string;
      model_summary: string;
      dimension: number;
      flip: boolean;
      thresholds: string | null;
    }
  >(
    // Galleries of earlier versions of this program have no column of thresholds.
    `select schema_version, model, model_summary, dimension, flip, to_jsonb(gallery) ->> 'thresholds' as thresholds
     from reid.gallery as gallery`,
  );
  if (row === undefined) return undefined;
  if (row.schema_version !== SCHEMA_VERSION) {
    throw new SearchError(
      `The gallery has tables of version ${row.schema_version}, and this program reads version ${SCHEMA_VERSION}. ` +
        "Use the version of the program that made it, or add its images to a new gallery.",
    );
  }
  const [thresholds] = row.thresholds === null ? [] : parseThresholds([JSON.parse(row.thresholds)]);
  const { model: identity, dimension, flip, model_summary: summary } = row;
  return { identity, dimension, flip, summary, ...(thresholds && { thresholds }) };
}

/** Records the thresholds of a gallery's network, if it has none or others. */
export async function writeThresholds(
  statements: Statements,
  gallery: GalleryModel,
  { thresholds }: GalleryModel,
): Promise<void> {
  const text = JSON.stringify(thresholds);
  if (text === undefined || text === JSON.stringify(gallery.thresholds)) return;
  await statements.query("alter table reid.gallery add column if not exists thresholds text");
  await statements.query("update reid.gallery set thresholds = $1::text", [text]);
}

/** Records the network of a new gallery. If another process has recorded one first, that one stays. */
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
 * Requires that embeddings are of the gallery's network, and averaged over mirror images exactly if the gallery's are.
 *
 * @param location where the gallery is, for the message.
 * @throws {SearchError} when they are not.
 */
export function requireSameModel(location: string, gallery: GalleryModel, model: GalleryModel): void {
  if (gallery.identity === model.identity && gallery.dimension === model.dimension) {
    if (gallery.flip === model.flip) return;
    throw new SearchError(
      `The gallery in ${location} holds embeddings ${
        gallery.flip ? "averaged over" : "without"
      } mirror images. Embed ` +
        "the same way, or make a new gallery.",
      { remedies: [{ kind: "set", settings: { testFlip: gallery.flip } }] },
    );
  }
  const described = ({ summary, identity, dimension }: GalleryModel) =>
    `${summary} (${identity.slice(0, 12)}, ${dimension} numbers)`;
  throw new SearchError(
    `The gallery in ${location} holds embeddings of another network: ${described(gallery)}, not ` +
      `${
        described(model)
      }. Distances between the two mean nothing. Use that network, or make a new gallery with this one.`,
  );
}
