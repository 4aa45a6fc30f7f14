/** Adds rows to the images of a gallery. */
import type { Statements } from "./database.ts";
import type { GalleryImage } from "./gallery_types.ts";
import { frameNumber, isoDate } from "./moment.ts";
import { idsTaken, placements, sameImage } from "./placement.ts";
import { vectorText } from "./vector_format.ts";

/**
 * Adds images, or renews those that are there.
 *
 * @param statements a transaction, which must be taken back when this throws.
 * @param options.replace whether images may replace other images of the same ids.
 * @param options.location the gallery, for messages.
 * @throws {SearchError} for ids of other images, and for dates and frames that do not exist.
 */
export async function insertImages(
  statements: Statements,
  images: readonly GalleryImage[],
  { replace, location }: { replace: boolean; location: string },
): Promise<{ added: number; replaced: number }> {
  const latest = new Map(images.map((image) => [image.id, image])); // The last of an id counts.
  const rows = [...latest.values()].map(({ id, camera, frame, time, path, embedding }) => ({
    id,
    camera,
    frame: frame === undefined ? undefined : frameNumber(frame),
    time: time === undefined ? undefined : isoDate(time),
    path,
    embedding: vectorText(embedding),
  }));
  // xmax is 0 for a row that has no earlier version, that is, for a new one.
  const outcome = await statements.query<{ id: string; added: boolean }>(
    `insert into reid.images as held (id, camera, frame, time, path, embedding)
     select id, camera, frame, time, path, embedding::vector from json_to_recordset($1::text::json)
       as row(id text, camera text, frame bigint, time timestamptz, path text, embedding text)
     on conflict (id) do update set camera = excluded.camera, frame = excluded.frame, time = excluded.time,
       path = case when ${sameImage("excluded", "held")} then coalesce(excluded.path, held.path)
         else excluded.path end, embedding = excluded.embedding
     where $2::boolean or ${sameImage("excluded", "held")}
     returning id, xmax = 0 as added`,
    [JSON.stringify(rows), replace],
  );
  const stored = new Set(outcome.map(({ id }) => id));
  const refused = rows.filter(({ id }) => !stored.has(id));
  if (refused.length > 0) {
    const held = await placements(statements, refused.slice(0, 3).map(({ id }) => ({ id })));
    const taken = held.map(({ id, path }, i) => ({ id, held: path, given: refused[i]?.path }));
    throw idsTaken(location, taken, refused.length);
  }
  const added = outcome.filter((row) => row.added).length;
  return { added, replaced: outcome.length - added };
}
