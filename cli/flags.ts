/**
 * Command-line flags from a declarative table: one row per flag gives its type, default, range and help, and
 * from the table follow the parsed values' TypeScript type, their validation and the text of `--help`.
 */
import { parseArgs } from "node:util";
import { distance } from "fastest-levenshtein";
import { boundsInWords, helpText } from "./flag_help.ts";

/** What every flag has. */
export interface FlagBase {
  /** One sentence on what the flag does. */
  readonly help: string;
  /** Heading that the flag comes under in `--help`; "Flags" when left out. */
  readonly group?: string;
}

/** The range and default of a numeric flag. */
export interface NumericFlag {
  readonly default?: number;
  /** Least value allowed. */
  readonly min?: number;
  /** Values must be greater than this. */
  readonly above?: number;
  /** Largest value allowed. */
  readonly max?: number;
  /** Values must be less than this. */
  readonly below?: number;
  /** What `--help` calls the value; "NUMBER" when left out. */
  readonly value?: string;
}

/** Any text that is not empty. */
export interface StringFlag extends FlagBase {
  readonly type: "string";
  readonly default?: string;
  /** What `--help` calls the value, such as "DIR"; "TEXT" when left out. */
  readonly value?: string;
}
/** A finite number. */
export interface NumberFlag extends FlagBase, NumericFlag {
  readonly type: "number";
}
/** A whole number. */
export interface IntegerFlag extends FlagBase, NumericFlag {
  readonly type: "integer";
}
/** `--name` or `--no-name`; false when neither is given and there is no default. */
export interface BooleanFlag extends FlagBase {
  readonly type: "boolean";
  readonly default?: boolean;
}
/** One of a few words. */
export interface ChoiceFlag extends FlagBase {
  readonly type: "choice";
  readonly choices: readonly string[];
  readonly default?: string;
}

/** One row of a flag table. */
export type Flag = StringFlag | NumberFlag | IntegerFlag | BooleanFlag | ChoiceFlag;

/** Flags by name, without the dashes: `{ "soft-margin": { type: "boolean", help: "..." } }`. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** What `--help` says of a command besides its flags. */
export interface Command {
  /** What the user types before the flags, such as "deno task train". */
  readonly usage: string;
  /** One sentence on what the command does. */
  readonly summary: string;
  /** Command lines, each with what it is good for. */
  readonly examples?: readonly (readonly [commandLine: string, purpose: string])[];
}

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type ValueOf<F extends Flag> = F extends ChoiceFlag ? F["choices"][number]
  : F extends BooleanFlag ? boolean
  : F extends StringFlag ? string
  : number;

/**
 * The values of a flag table, by camel-case name; a flag without a default may be undefined, except that
 * booleans are false.
 */
export type FlagValues<Table extends FlagTable> = {
  -readonly [Name in keyof Table & string as CamelCase<Name>]: Table[Name] extends
    { default: string | number } | { type: "boolean" } ? ValueOf<Table[Name]>
    : ValueOf<Table[Name]> | undefined;
};

/** A mistake in the command line; print its message. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Thrown for `--help`: print its message on stdout. */
export class HelpRequest extends Error {
  override readonly name = "HelpRequest";
}

/** A flag table whose rows keep their literal types, so that {@linkcode FlagValues} can be derived from it. */
export function defineFlags<const Table extends FlagTable>(table: Table): Table {
  return table;
}

const camelCase = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** The word nearest to what was typed, or undefined where none is near: by edits, beginning or initials. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const initials = (word: string) => word.split("-").map((part) => part[0]).join("");
  const scored = words.map((word) => {
    const near = typed.length > 1 && (word.startsWith(typed) || initials(word) === typed);
    return { word, edits: near ? 0 : distance(typed, word) };
  }).sort((a, b) => a.edits - b.edits);
  const best = scored[0];
  return best !== undefined && best.edits <= Math.max(2, typed.length * 0.4) ? best.word : undefined;
}

/** The values a numeric flag allows, in words: "a number from 0 to 10". */
function describeRange(flag: NumberFlag | IntegerFlag): string {
  const noun = flag.type === "integer" ? "a whole number" : "a number";
  return `${noun} ${boundsInWords(flag).replace(/^at/, "of at")}`.trim();
}

function parseNumber(name: string, flag: NumberFlag | IntegerFlag, text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  const fits = flag.type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
  const inRange = value >= (flag.min ?? -Infinity) && value > (flag.above ?? -Infinity) &&
    value <= (flag.max ?? Infinity) && value < (flag.below ?? Infinity);
  if (fits && inRange) return value;
  throw new UsageError(`--${name} must be ${describeRange(flag)}; got '${text}'`);
}

function parseValue(name: string, flag: Exclude<Flag, BooleanFlag>, text: string): string | number {
  if (flag.type === "number" || flag.type === "integer") return parseNumber(name, flag, text);
  if (flag.type === "string") {
    if (text === "") throw new UsageError(`--${name} must not be empty`);
    return text;
  }
  if (flag.choices.includes(text)) return text;
  const near = nearest(text, flag.choices);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new UsageError(`--${name} must be one of ${flag.choices.join(", ")}; got '${text}'${hint}`);
}

function unknownFlag(command: Command, table: FlagTable, given: string): UsageError {
  const names = Object.entries(table).flatMap(([name, flag]) =>
    flag.type === "boolean" ? [name, `no-${name}`] : [name]
  );
  const typed = given.replace(/^-+/, "").replace(/=.*$/s, "");
  const switchable = Object.hasOwn(table, typed.slice(3)) ? table[typed.slice(3)] : undefined;
  if (typed.startsWith("no-") && switchable?.type === "choice" && switchable.choices.includes("none")) {
    return new UsageError(`--${typed} is written --${typed.slice(3)} none`);
  }
  const near = nearest(typed, [...names, "help"]);
  const hint = near === undefined ? `${command.usage} --help lists them all` : `did you mean --${near}?`;
  return new UsageError(`Unknown flag ${given.replace(/=.*$/s, "")}; ${hint}`);
}

function unexpectedPositional(table: FlagTable, argument: string): UsageError {
  const hint = Object.hasOwn(table, argument)
    ? `did you mean --${argument}?`
    : "every value follows its flag, as in --flag value, and a value with spaces needs quotes";
  return new UsageError(`Unexpected argument '${argument}'; ${hint}`);
}

/**
 * Parses a command's arguments by its flag table. Takes `--flag value`, `--flag=value`, `--no-flag` for booleans
 * and negative numbers; where a flag comes twice the last one counts. A `--` at the front is skipped.
 *
 * @param command names the command in messages and `--help`.
 * @param table the flags, from {@linkcode defineFlags}.
 * @param args the arguments after the command's name.
 * @throws {UsageError} for an unknown flag, a missing or bad value, or an argument that belongs to no flag.
 * @throws {HelpRequest} for `--help` or `-h`, whatever else is given.
 */
export function parseFlags<const Table extends FlagTable>(
  command: Command,
  table: Table,
  args: readonly string[],
): FlagValues<Table> {
  const list = args[0] === "--" ? args.slice(1) : [...args];
  if (list.includes("--help") || list.includes("-h")) throw new HelpRequest(helpText(command, table));

  const values: Record<string, string | number | boolean | undefined> = {};
  for (const [name, flag] of Object.entries(table)) {
    values[camelCase(name)] = flag.default ?? (flag.type === "boolean" ? false : undefined);
  }
  const options = Object.fromEntries(
    Object.entries(table).map((
      [name, flag],
    ) => [name, { type: flag.type === "boolean" ? "boolean" : "string" } as const]),
  );
  const { tokens } = parseArgs({ args: list, options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") throw unexpectedPositional(table, token.value);
    const negated = token.name.startsWith("no-") ? token.name.slice("no-".length) : undefined;
    const name = negated !== undefined && !Object.hasOwn(table, token.name) ? negated : token.name;
    const flag = token.rawName.startsWith("--") && Object.hasOwn(table, name) ? table[name] : undefined;
    if (flag === undefined || (name === negated && flag.type !== "boolean")) {
      throw unknownFlag(command, table, list[token.index]!);
    }
    if (flag.type === "boolean") {
      if (token.value !== undefined) {
        throw new UsageError(`--${token.name} takes no value; write --${name} or --no-${name}`);
      }
      values[camelCase(name)] = name !== negated;
      continue;
    }
    const missing = token.value === undefined || (!token.inlineValue && token.value.startsWith("--"));
    if (missing) throw new UsageError(`--${name} needs a value: ${flag.help}`);
    values[camelCase(name)] = parseValue(name, flag, token.value!);
  }
  return values as FlagValues<Table>;
}
