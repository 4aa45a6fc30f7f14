/**
 * Settings as rows of a table. A row gives a setting's type, range, default and help; from it follow the setting's
 * TypeScript type, the check of values from a file or a command line, and the text of `--help`.
 */

/** What every row may have. */
export interface RowBase {
  /** What the setting does, in one or two sentences. */
  readonly help?: string;
  /** Heading of `--help`; "Flags" if omitted. */
  readonly group?: string;
  /** Placeholder of the value in `--help`, such as "DIR". */
  readonly value?: string;
  /** Other names of the flag, without dashes. */
  readonly aliases?: readonly string[];
  /** Whether a command refuses to run without the flag. */
  readonly required?: true;
  /** The key in files of earlier versions, which are still read. */
  readonly formerly?: string;
}

/** A default that depends on another setting: its key, and the default for each of its values. */
export interface DefaultBy<T> {
  readonly key: string;
  readonly values: Readonly<Record<string, T | DefaultBy<T>>>;
  /** The default for all other values, and for `--help` when that is. */
  readonly others?: { readonly when: string; readonly value: T };
}

/** Where a setting's default comes from; without one, the setting may be undefined. */
interface Defaults<T> {
  readonly default?: T;
  readonly defaultBy?: DefaultBy<T>;
  /** The value in files of earlier versions, which do not have the setting; without it such files are refused. */
  readonly absent?: T | DefaultBy<T>;
}

/** A default, which may depend on the values of other settings. */
export function defaultFor<T extends string | number | boolean>(
  value: T | DefaultBy<T> | undefined,
  valueOf: (key: string) => unknown,
): T | undefined {
  if (typeof value !== "object") return value;
  return defaultFor(value.values[String(valueOf(value.key))] ?? value.others?.value, valueOf);
}

/** A finite number, or a whole number. */
export interface NumberRow extends RowBase, Defaults<number> {
  readonly type: "number" | "integer";
  /** Smallest value. */
  readonly min?: number;
  /** Values must be greater than this. */
  readonly above?: number;
  /** Largest value. */
  readonly max?: number;
  /** Values must be less than this. */
  readonly below?: number;
  /** Words for some of the values. */
  readonly words?: Readonly<Record<string, number>>;
}
/** Any text. */
export interface StringRow extends RowBase, Defaults<string> {
  readonly type: "string";
}
/** One or more texts, of which none is empty: a flag with several values. */
export interface StringsRow extends RowBase, Defaults<never> {
  readonly type: "strings";
}
/** True or false; false without a default. */
export interface BooleanRow extends RowBase, Defaults<boolean> {
  readonly type: "boolean";
}
/** One of a few words. */
export interface ChoiceRow extends RowBase, Defaults<string> {
  readonly type: "choice";
  readonly choices: readonly string[];
}

/** One row of a table of settings. */
export type Row = NumberRow | StringRow | StringsRow | BooleanRow | ChoiceRow;

/** A table of settings, by camel-case key. */
export type Rows = Readonly<Record<string, Row>>;

/** The type of a row's values. */
export type ValueOf<R extends Row> = R extends ChoiceRow ? R["choices"][number]
  : R extends BooleanRow ? boolean
  : R extends StringRow ? string
  : R extends StringsRow ? readonly string[]
  : number;

/** The values of a table's settings, by key. */
export type ValuesOf<T extends Rows> = { readonly [Key in keyof T]: ValueOf<T[Key]> };

/** Rows under a heading of `--help`. */
export function inGroup<T extends Rows>(
  group: string,
  rows: T,
): { readonly [Key in keyof T]: T[Key] & { readonly group: string } } {
  return Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, { ...row, group }])) as {
    readonly [Key in keyof T]: T[Key] & { readonly group: string };
  };
}

/** The keys of a table, typed: `Object.keys()` returns plain strings. */
export function keysOf<T extends object>(table: T): readonly (keyof T & string)[] {
  return Object.keys(table) as (keyof T & string)[];
}

/** The bounds of a number: "from 0 to 10", "at least 0 and below 1", or "" if it has none. */
export function boundsInWords({ min, above, max, below }: NumberRow): string {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  const bounds = { "at least": min, above, "at most": max, below };
  return Object.entries(bounds).filter(([, bound]) => bound !== undefined).map((bound) => bound.join(" "))
    .join(" and ");
}

/** The values that a row allows, in words: "a whole number from 2 to 64". */
export function valuesInWords(row: Row): string {
  switch (row.type) {
    case "choice":
      return `one of ${row.choices.join(", ")}`;
    case "boolean":
      return "true or false";
    case "string":
      return "a text";
    case "strings":
      return "texts";
    default: {
      const noun = row.type === "integer" ? "a whole number" : "a number";
      const number = `${noun} ${boundsInWords(row).replace(/^at/, "of at")}`.trim();
      return [number, ...Object.keys(row.words ?? {})].join(" or ");
    }
  }
}

/** Whether a row allows a value. */
export function allows(row: Row, value: unknown): boolean {
  if (row.type === "choice") return typeof value === "string" && row.choices.includes(value);
  if (row.type === "boolean") return typeof value === "boolean";
  if (row.type === "string") return typeof value === "string";
  if (row.type === "strings") return Array.isArray(value) && value.every((it) => typeof it === "string");
  if (typeof value !== "number") return false;
  const { min = -Infinity, above = -Infinity, max = Infinity, below = Infinity } = row;
  const fits = row.type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
  return fits && value >= min && value > above && value <= max && value < below;
}

/**
 * Reads the settings of a table from a record, such as parsed JSON. Other fields of the record are ignored.
 *
 * @returns the values in the table's order.
 * @throws {Error} if a setting is missing or its value is not allowed; the message names both.
 */
export function readSettings<const T extends Rows>(rows: T, record: unknown): ValuesOf<T> {
  if (typeof record !== "object" || record === null) {
    throw new Error(`Expected an object with settings; got ${JSON.stringify(record) ?? "nothing"}`);
  }
  const given = new Map<string, unknown>(Object.entries(record));
  const values = Object.entries<Row>(rows).map(([key, row]) => {
    const value = [key, row.formerly ?? key].map((name) => given.get(name)).find((it) => it !== undefined) ??
      defaultFor<string | number | boolean>(row.absent, (name) => given.get(name));
    if (allows(row, value)) return [key, value];
    throw new Error(`${key} must be ${valuesInWords(row)}; got ${JSON.stringify(value) ?? "nothing"}`);
  });
  return Object.fromEntries(values);
}
