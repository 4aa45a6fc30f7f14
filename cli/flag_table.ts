/**
 * Command-line flags as a table of rows, as in `model/settings.ts`. A flag's name is its key in kebab case:
 * `learningRate` is `--learning-rate`.
 */
import type { Row, ValueOf } from "../model/settings.ts";

/** One row of a flag table. */
export type Flag = Row & { readonly help: string };

/** Flags by camel-case key: `{ softMargin: { type: "boolean", help: "..." } }`. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** What `--help` says about a command besides its flags. */
export interface Command {
  /** What the user types before the flags, such as "deno task train". */
  readonly usage: string;
  /** One sentence on what the command does. */
  readonly summary: string;
  /** The key of the flag whose value may also stand alone: `weights FILE` is `weights --file FILE`. */
  readonly argument?: string;
  /** Command lines, each with its purpose. */
  readonly examples?: readonly (readonly [commandLine: string, purpose: string])[];
}

/** The values of a flag table, by key. A flag may be undefined if it has no default and is not required. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Key in keyof Table]:
    | ValueOf<Table[Key]>
    | (Table[Key] extends { default: unknown } | { required: true } | { type: "boolean" } ? never
      : undefined);
};

/** A key as the flag's name, without dashes: `softMargin` is `soft-margin`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Values as the flags that set them: `--margin 0.3 --no-normalize`. */
export function asFlags(values: object): string {
  return Object.entries(values).map(([key, value]) =>
    Array.isArray(value)
      ? `--${flagName(key)} ${value.join(" ")}`
      : typeof value === "boolean"
      ? `--${value ? "" : "no-"}${flagName(key)}`
      : `--${flagName(key)} ${value}`
  ).join(" ");
}
