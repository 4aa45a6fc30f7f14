/** Whether an image is in a gallery already, and whether its id belongs to another image there. */
import type { Statements } from "./database.ts";
import { SearchError } from "./errors.ts";
import type { ImageFacts } from "./gallery_types.ts";
import { vectorText } from "./vector_format.ts";

/** Embeddings of one image, computed on two adapters, are no farther apart than this part of their length. */
const ROUNDING = 1e-3;

/**
 * A SQL condition: whether a given row and a held row of the same id are one image. Where both have the path of their
 * file, the paths decide; otherwise the embeddings do.
 */
export function sameImage(given: string, held: string): string {
  return `case when ${given}.path is not null and ${held}.path is not null then ${given}.path = ${held}.path
    else ${held}.embedding <-> ${given}.embedding <= ${ROUNDING} * vector_norm(${held}.embedding) end`;
}

/** An image that may be added; without an embedding if that is not computed yet. */
export interface Candidate extends Pick<ImageFacts, "id" | "path"> {
  readonly embedding?: Float32Array;
}

/** What the gallery has in the place of a candidate. */
export interface Placement {
  /** The id of the same file's image in the gallery; otherwise the candidate's. */
  readonly id: string;
  /** No image of that id, the same one, or another one. */
  readonly state: "new" | "same" | "other";
  /** The path of the gallery's image. */
  readonly path?: string;
}

/** The placements of candidates, in their order. */
export async function placements(
  statements: Statements,
  candidates: readonly Candidate[],
): Promise<Placement[]> {
  const rows = candidates.map(({ id, path, embedding }, position) => ({
    position,
    id,
    path,
    embedding: embedding && vectorText(embedding),
  }));
  const found = await statements.query<{ placement: Placement }>(
    `with given as (select position, id, path, embedding::vector as embedding from json_to_recordset($1::text::json)
       as row(position integer, id text, path text, embedding text)),
     named as (select given.*, coalesce((select held.id from reid.images held where held.path = given.path
       order by held.id <> given.id, held.id limit 1), given.id) as place from given)
     select json_strip_nulls(json_build_object('id', named.place, 'path', held.path, 'state',
       case when held.id is null then 'new' when coalesce(${sameImage("named", "held")}, true) then 'same'
         else 'other' end)) as placement
     from named left join reid.images held on held.id = named.place order by position`,
    [JSON.stringify(rows)],
  );
  return found.map(({ placement }) => placement);
}

/** An image whose id the gallery has for another one. */
export interface TakenId {
  readonly id: string;
  /** Where the gallery's image is from, and where the other one, as far as that is known. */
  readonly held?: string;
  readonly given?: string;
}

/**
 * The refusal to replace images by others.
 *
 * @param taken the first few of them.
 * @param count how many there are.
 * @param location the gallery.
 */
export function idsTaken(location: string, taken: readonly TakenId[], count: number): SearchError {
  const examples = taken.slice(0, 3).map(({ id, held, given }) => {
    const from = (path: string | undefined) => path ?? "vectors of another image";
    return `${id} (now from ${from(held)}, not ${from(given)})`;
  });
  const more = count > examples.length ? `, and ${count - examples.length} more` : "";
  return new SearchError(
    `${count} of the images have ids of other images, in the gallery in ${location} or in the same call: ` +
      `${
        examples.join(", ")
      }${more}. None was added. Give another prefix to these images, or replace the others.`,
    { remedies: [{ kind: "change", settings: ["idPrefix"] }, { kind: "set", settings: { replace: true } }] },
  );
}
