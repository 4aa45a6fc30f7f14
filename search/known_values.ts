/** Checks conditions against what a gallery holds: a camera, id or time that it does not have is a mistake. */
import { distance } from "fastest-levenshtein";
import { type Database, queryRow } from "./database.ts";
import { SearchError } from "./errors.ts";
import { condition, type GalleryFilter, Parameters } from "./filter.ts";
import type { Moment } from "./moment.ts";

/** The most known values in a message. */
const LISTED = 10;
/** Ids that are compared at once. */
const PAGE = 10_000;

/** Known values in the order of their likeness to what was given: those that contain it, then by edits and beginning. */
function nearestFirst(given: string, known: readonly string[]): string[] {
  const wanted = given.toLowerCase();
  const marks = known.map((value) => {
    const other = value.toLowerCase();
    let shared = 0;
    while (shared < wanted.length && other[shared] === wanted[shared]) shared++;
    return { value, far: other.includes(wanted) ? -Infinity : distance(wanted, other) - 2 * shared };
  });
  marks.sort((a, b) => a.far === b.far ? (a.value < b.value ? -1 : 1) : a.far - b.far);
  return marks.map(({ value }) => value);
}

function listed(values: readonly string[]): string {
  const more = values.length - LISTED;
  return values.slice(0, LISTED).join(", ") + (more > 0 ? `, and ${more} more` : "");
}

async function holds(database: Database, filter: GalleryFilter): Promise<boolean> {
  const parameters = new Parameters();
  const where = condition(filter, parameters);
  const { some } = await queryRow<{ some: boolean }>(
    database,
    `select exists (select from reid.images where ${where}) as some`,
    parameters.values,
  );
  return some;
}

/**
 * Checks each condition of a filter alone. A gallery without images passes.
 *
 * @returns the filter, with cameras in the Unicode form that the gallery has.
 * @throws {SearchError} when no image is by a camera of the filter, or on its side of a time: with the known ones.
 */
export async function checkedFilter(database: Database, filter: GalleryFilter): Promise<GalleryFilter> {
  if (!await holds(database, {})) return filter;
  const { camera, notCamera, after, before } = filter;
  if (after !== undefined) await requireTime(database, { after }, ["at", after, "or later"], "desc");
  if (before !== undefined) await requireTime(database, { before }, ["before", before, ""], "asc");
  return {
    ...filter,
    ...(camera !== undefined && { camera: await knownCamera(database, camera) }),
    ...(notCamera !== undefined && { notCamera: await knownCamera(database, notCamera) }),
  };
}

async function knownCamera(database: Database, camera: string): Promise<string> {
  if (await holds(database, { camera })) return camera;
  const rows = await database.query<{ camera: string }>(
    "select distinct camera from reid.images where camera is not null",
  );
  const known = rows.map(({ camera }) => camera);
  const same = known.find((name) => name.normalize() === camera.normalize());
  if (same !== undefined) return same;
  throw new SearchError(
    `No image of the gallery in ${database.location} is by camera '${camera}'. ` +
      (known.length === 0
        ? "Its images have no known cameras."
        : `Cameras are compared exactly; those of the gallery are ${listed(nearestFirst(camera, known))}.`),
  );
}

/** The columns of moments, and how a value is shown. */
const CLOCKS = {
  frame: { column: "frame", shown: (value: string) => `${value}::text` },
  date: {
    column: "time",
    shown: (value: string) => `to_char(${value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  },
} as const;

/** Requires an image on a side of a moment: `filter` has one bound, and `order` begins with the values nearest to it. */
async function requireTime(
  database: Database,
  filter: GalleryFilter,
  [preposition, moment, more]: readonly [string, Moment, string],
  order: "asc" | "desc",
): Promise<void> {
  if (await holds(database, filter)) return;
  const kind = typeof moment === "number" ? "frame" : "date", other = kind === "frame" ? "date" : "frame";
  const nearest = await knownMoments(database, kind, order);
  const facts = nearest.length > 0
    ? `The nearest ${kind}s are ${nearest.join(", ")}.`
    : (await knownMoments(database, other, "asc")).length > 0
    ? `Its images have ${other}s, but no ${kind}s.`
    : "Its images have neither dates nor frames.";
  throw new SearchError(
    `No image of the gallery in ${database.location} is ${
      `${preposition} ${kind} ${moment} ${more}`.trim()
    }. ${facts}`,
  );
}

async function knownMoments(
  database: Database,
  kind: keyof typeof CLOCKS,
  order: "asc" | "desc",
): Promise<string[]> {
  const { column, shown } = CLOCKS[kind];
  const rows = await database.query<{ value: string }>(
    `select ${shown("value")} as value from (select distinct ${column} as value from reid.images
       where ${column} is not null order by value ${order} limit 3) as nearest order by nearest.value ${order}`,
  );
  return rows.map(({ value }) => value);
}

/**
 * The first of some spellings of an id that the gallery has.
 *
 * @param spellings what was given, and other forms of it.
 * @throws {SearchError} when it has none of them: with the ids nearest to the first.
 */
export async function knownId(
  database: Database,
  [given, ...others]: readonly [string, ...string[]],
): Promise<string> {
  const spellings = [given, ...others];
  const found = await database.query<{ id: string }>(
    "select id from reid.images where id in (select json_array_elements_text($1::text::json))",
    [JSON.stringify(spellings)],
  );
  const id = spellings.find((spelling) => found.some(({ id }) => id === spelling));
  if (id !== undefined) return id;
  let nearest: string[] = [];
  for (let last: string | undefined = ""; last !== undefined;) {
    const rows: { id: string }[] = await database.query<{ id: string }>(
      `select id from reid.images where id > $1::text order by id limit ${PAGE}`,
      [last],
    );
    nearest = nearestFirst(given, [...nearest, ...rows.map(({ id }) => id)]).slice(0, LISTED);
    last = rows.length < PAGE ? undefined : rows.at(-1)?.id;
  }
  throw new SearchError(
    `No image of the gallery in ${database.location} has the id '${given}'. ` +
      (nearest.length === 0 ? "It has no images." : `The nearest ids are ${nearest.join(", ")}.`),
  );
}
