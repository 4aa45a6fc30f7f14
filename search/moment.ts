/**
 * Moments of images: dates, as ISO 8601 and as names of files write them, and frame numbers. One grammar reads flags and
 * names, so that a date can be copied from a name into a flag.
 */
import { SearchError } from "./errors.ts";

/**
 * A moment: a frame number, as in image names of Market-1501 and DukeMTMC-reID, or a date in ISO 8601. An image without
 * a frame meets no bound by frame, and one without a date no bound by date.
 */
export type Moment = number | string;

const DATE = String.raw`(?<year>\d{4})(?<dash>[-._]?)(?<month>\d{2})\k<dash>(?<day>\d{2})`;
const SEPARATOR = "(?:[Tt_ -]| at )";
/** Seconds, and their fraction or milliseconds. */
const SECOND = String.raw`(?<second>\d{2})(?:[.,](?<fraction>\d+)|[_-]?(?<millis>\d{3}))?`;
const HALF = String.raw`(?:\s?(?<half>[AaPp])[Mm]\b)?`;
const ZONE = String.raw`(?<zone>[Zz]|[+-](?<zoneHour>\d{2})(?::?(?<zoneMinute>\d{2}))?)?`;

/** A text that is a date, with or without a time of day. */
const WHOLE = new RegExp(
  `^${DATE}(?:${SEPARATOR}(?<hour>\\d{2})(?:(?<colon>[-:._]?)(?<minute>\\d{2})(?:\\k<colon>${SECOND})?)?${HALF}${ZONE})?$`,
);
/** A date within a name. Two or four digits after it may be a counter, so a time of day has seconds, a T or a colon. */
const IN_NAME = new RegExp(
  `(?<!\\d)${DATE}(?!\\d)(?:${SEPARATOR}(?<hour>\\d{2})(?:(?<colon>[-:._]?)(?<minute>\\d{2})\\k<colon>${SECOND}|` +
    `(?:(?<=[Tt]\\d{2})|[-:._])(?<minuteOnly>\\d{2}))(?!\\d)${HALF}${ZONE})?`,
  "g",
);
/** The same without separators. */
const FOURTEEN = /(?<!\d)(\d{8})(\d{6}|\d{9})(?!\d)/g;
/** Seconds or milliseconds since 1970. */
const EPOCH = /(?<!\d)(?:\d{10}|\d{13})(?!\d)/g;
/** A name's digits are a date only within these years; seconds since 1970 have ten digits from 2001 on. */
const YEARS = { first: 1970, last: 2099 };
const EPOCH_SECONDS = { first: 1_000_000_000, end: Date.UTC(YEARS.last + 1, 0) / 1000 };

const FORMS =
  "Give a date such as 2026-01-31, 20260131 or 2026-01-31T18:30:05+01:00 (UTC if it has no time zone), or a " +
  "frame number such as 451 or frame:20260131.";

/**
 * Reads a moment that a user gives. Up to seven digits are a frame number, as is any number after `frame:`; eight digits
 * are a date.
 *
 * @param text such as 2026-01-31, 20260131-183005, 2026-01-31T18:30:05.25+01:00, 451 or frame:20260131.
 * @throws {SearchError} for what is no moment, and for a month, day, hour, zone or frame that does not exist.
 */
export function readMoment(text: string): Moment {
  const given = text.trim();
  const frame = /^(?:frame:)?(\d+)$/.exec(given)?.[1];
  if (frame === undefined) return isoDate(given);
  if (!given.startsWith("frame:")) {
    if ([8, 12, 14, 17].includes(frame.length)) return isoDate(given);
    const epoch = epochDate(frame);
    if (epoch !== undefined) return epoch;
  }
  return frameNumber(Number(frame), text);
}

/** Requires a frame number that a database can hold. @throws {SearchError} for any other number. */
export function frameNumber(frame: number, text = String(frame)): number {
  if (Number.isSafeInteger(frame) && frame >= 0) return frame;
  throw new SearchError(
    `'${text}' is no frame number: those are whole numbers from 0 to ${Number.MAX_SAFE_INTEGER}.`,
  );
}

/**
 * Reads a date, in UTC. A date without a time zone is taken as UTC.
 *
 * @returns such as 2026-01-31T18:30:05.000Z.
 * @throws {SearchError} for anything else.
 */
export function isoDate(text: string): string {
  const digits = text.replace(/^(\d{8})(\d{4}|\d{6}|\d{9})$/, "$1T$2").replaceAll("\u2212", "-");
  const groups = WHOLE.exec(digits)?.groups;
  const date = groups === undefined ? undefined : dateOf(groups);
  if (date !== undefined && "date" in date) return date.date;
  const why = date?.fault ??
    (/^\d{4}-?[Ww]\d/.test(text)
      ? "week dates are not read"
      : /^\d{4}-\d{3}$/.test(text)
      ? "days of the year are not read"
      : undefined);
  throw new SearchError(`'${text}' is no moment${why === undefined ? "" : `: ${why}`}. ${FORMS}`);
}

/**
 * The first date in a file's name; undefined if there is none. A time of day that does not exist is a counter.
 *
 * @param name without folders.
 */
export function dateInName(name: string): string | undefined {
  for (const { groups = {} } of name.replace(FOURTEEN, "$1T$2").matchAll(IN_NAME)) {
    const year = Number(groups.year);
    if (year < YEARS.first || year > YEARS.last) continue;
    const read = dateOf({ ...groups, minute: groups.minute ?? groups.minuteOnly });
    if ("date" in read) return read.date;
    const { month, day } = groups;
    const dayOnly = dateOf({ year: groups.year, month, day });
    if ("date" in dayOnly) return dayOnly.date;
  }
  const [epoch, ...more] = name.match(EPOCH) ?? [];
  return epoch === undefined || more.length > 0 ? undefined : epochDate(epoch);
}

/** Ten digits as seconds since 1970, thirteen as milliseconds, if that is between 2001 and 2099. */
function epochDate(digits: string): string | undefined {
  const seconds = digits.length === 10 ? Number(digits) : digits.length === 13 ? Number(digits) / 1000 : 0;
  if (seconds < EPOCH_SECONDS.first || seconds >= EPOCH_SECONDS.end) return undefined;
  return new Date(seconds * 1000).toISOString();
}

/** The date of the groups of a match, or what of it does not exist. */
function dateOf(groups: Readonly<Record<string, string | undefined>>): { date: string } | { fault: string } {
  const number = (name: string) => Number(groups[name] ?? 0);
  const [year, month, day] = [number("year"), number("month"), number("day")];
  if (year === 0) return { fault: "there is no year 0" };
  if (month < 1 || month > 12) return { fault: `there is no month ${month}` };
  const days = new Date(Date.UTC(2000 + year % 400, month, 0)).getUTCDate();
  if (day < 1 || day > days) return { fault: `month ${month} of ${year} has no day ${day}` };
  let hour = number("hour");
  const { half, zone } = groups;
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return { fault: `there is no hour ${hour} ${half}m` };
    hour = hour % 12 + (half.toLowerCase() === "p" ? 12 : 0);
  }
  if (hour > 23) return { fault: `there is no hour ${hour}` };
  for (const unit of ["minute", "second"]) {
    if (number(unit) > 59) return { fault: `there is no ${unit} ${number(unit)}` };
  }
  const [zoneHour, zoneMinute] = [number("zoneHour"), number("zoneMinute")];
  if (zoneHour > 14 || zoneMinute % 15 !== 0 || zoneMinute > 45) {
    return { fault: `there is no time zone ${zone}` };
  }
  const offset = (zone?.startsWith("-") ? -1 : 1) * (60 * zoneHour + zoneMinute);
  const millis = Number((groups.fraction ?? groups.millis ?? "").padEnd(3, "0").slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, number("minute") - offset, number("second"), millis);
  const iso = date.toISOString();
  return /^\d/.test(iso) && !iso.startsWith("0000")
    ? { date: iso }
    : { fault: "it is not in the years 1 to 9999" };
}
