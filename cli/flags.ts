/** Parses command lines by a table of flags. */
import { parseArgs } from "node:util";
import { distance } from "fastest-levenshtein";
import { allows, valuesInWords, type ValuesOf } from "../model/settings.ts";
import { helpText, phrase } from "./flag_help.ts";
import { asFlags, type Command, type Flag, flagName, type FlagTable, type FlagValues } from "./flag_table.ts";

export { asFlags, type Command, flagName, type FlagTable, type FlagValues };

/** A mistake in the command line; print its message. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Thrown for `--help`: print its message on stdout. */
export class HelpRequest extends Error {
  override readonly name = "HelpRequest";
}

/** The word nearest to a typed one: by edits, beginning or initials; undefined if none is near. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const initials = (word: string) => word.split("-").map((part) => part.charAt(0)).join("");
  const [best] = words.map((word) => {
    const near = typed.length > 1 && (word.startsWith(typed) || initials(word) === typed);
    return { word, edits: near ? 0 : distance(typed, word) };
  }).sort((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= Math.max(2, typed.length * 0.4) ? best.word : undefined;
}

function parseValue(name: string, flag: Flag, text: string): string | number | readonly string[] {
  const isNumber = flag.type === "number" || flag.type === "integer";
  const word = isNumber ? flag.words?.[text] : undefined;
  const value = word ??
    (!isNumber ? text : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN);
  if ((flag.type === "string" || flag.type === "strings") && text === "") {
    throw new UsageError(`--${name} must not be empty`);
  }
  if (flag.type === "strings") return [text];
  if (allows(flag, value)) return value;
  const near = flag.type === "choice" ? nearest(text, flag.choices) : undefined;
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new UsageError(`--${name} must be ${valuesInWords(flag)}; got '${text}'${hint}`);
}

/** Flags by every name that they have, with their keys. */
type NamedFlags = ReadonlyMap<string, readonly [key: string, flag: Flag]>;

function namedFlags(table: FlagTable): NamedFlags {
  return new Map(
    Object.entries(table).flatMap(([key, flag]) => {
      const earlier = flag.formerly === undefined ? [] : [flagName(flag.formerly)];
      return [flagName(key), ...flag.aliases ?? [], ...earlier].map((name) => [name, [key, flag]]);
    }),
  );
}

function unknownFlag(command: Command, flags: NamedFlags, given: string): UsageError {
  const typed = given.replace(/^-+/, "").replace(/=.*$/s, "");
  const [, choice] = flags.get(typed.replace(/^no-/, "")) ?? [];
  if (typed.startsWith("no-") && choice?.type === "choice" && choice.choices.includes("none")) {
    return new UsageError(`--${typed} is written --${typed.slice(3)} none`);
  }
  const names = [...flags].flatMap(([name, [, { type }]]) =>
    type === "boolean" ? [name, `no-${name}`] : [name]
  );
  const near = nearest(typed, [...names, "help"]);
  const hint = near === undefined ? `${command.usage} --help lists them all` : `did you mean --${near}?`;
  return new UsageError(`Unknown flag ${given.replace(/=.*$/s, "")}; ${hint}`);
}

function unexpectedArgument(flags: NamedFlags, argument: string): UsageError {
  const hint = flags.has(argument)
    ? `did you mean --${argument}?`
    : "every value follows its flag, as in --flag value, and a value with spaces needs quotes";
  return new UsageError(`Unexpected argument '${argument}'; ${hint}`);
}

/**
 * Parses a command's arguments: `--flag value`, `--flag=value`, `--flag` and `--no-flag` for booleans. If a flag is
 * given twice, the last one counts; one of type "strings" keeps all values, as in `--flag a b --flag c`. A `--` at the front
 * is skipped.
 *
 * @param command names the command in messages and `--help`.
 * @param table the command's flags.
 * @param args the arguments after the command's name.
 * @returns the values of the flags that are given, by key.
 * @throws {UsageError} for an unknown flag, a missing or wrong value, or an argument that belongs to no flag.
 * @throws {HelpRequest} for `--help` or `-h`, whatever else is given.
 */
export function parseGiven<const Table extends FlagTable>(
  command: Command,
  table: Table,
  args: readonly string[],
): Partial<ValuesOf<Table>> {
  const list = args[0] === "--" ? args.slice(1) : [...args];
  if (list.includes("--help") || list.includes("-h")) throw new HelpRequest(helpText(command, table));
  const flags = namedFlags(table);
  const values: Record<string, string | number | boolean | readonly string[]> = {};
  const add = (key: string, name: string, flag: Flag, text: string) => {
    const value = parseValue(name, flag, text);
    const earlier = values[key];
    values[key] = Array.isArray(value) && Array.isArray(earlier) ? [...earlier, ...value] : value;
  };
  let open: string | undefined; // The flag of type "strings" that takes the words that follow.
  const options = Object.fromEntries(
    [...flags].map(([name, [, { type }]]) =>
      [name, { type: type === "boolean" ? "boolean" : "string" }] as const
    ),
  );
  const { tokens } = parseArgs({ args: list, options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      const key = open ?? command.argument;
      const flag = key === undefined ? undefined : table[key];
      if (key === undefined || flag === undefined || (flag.type !== "strings" && values[key] !== undefined)) {
        throw unexpectedArgument(flags, token.value);
      }
      add(key, flagName(key), flag, token.value);
      continue;
    }
    open = undefined;
    const { rawName, value } = token;
    const negated = !flags.has(token.name) && token.name.startsWith("no-");
    const name = negated ? token.name.slice("no-".length) : token.name;
    const [key, flag] = flags.get(name) ?? [];
    if (
      key === undefined || flag === undefined || !rawName.startsWith("--") ||
      (negated && flag.type !== "boolean")
    ) {
      throw unknownFlag(command, flags, list[token.index] ?? rawName);
    }
    if (flag.type === "boolean") {
      if (value !== undefined) {
        throw new UsageError(`--${token.name} takes no value; write --${name} or --no-${name}`);
      }
      values[key] = !negated;
    } else if (value === undefined || (!token.inlineValue && value.startsWith("--"))) {
      throw new UsageError(`--${name} needs a value: ${phrase(flag.help)}`);
    } else {
      add(key, name, flag, value);
      if (flag.type === "strings") open = key;
    }
  }
  return values as Partial<ValuesOf<Table>>;
}

/**
 * The values of all flags of a table: those that are given, else the defaults.
 *
 * @param argument the key of the flag whose value may also stand alone.
 * @throws {UsageError} if a required flag is missing.
 */
export function withDefaults<const Table extends FlagTable>(
  table: Table,
  given: Partial<ValuesOf<Table>>,
  argument?: string,
): FlagValues<Table> {
  const values = Object.entries<Flag>(table).map(([key, flag]) => {
    const value = given[key] ?? flag.default ?? (flag.type === "boolean" ? false : undefined);
    if (value === undefined && flag.required) {
      const missing = key === argument && flag.value !== undefined
        ? `${flag.value} is missing`
        : `--${flagName(key)} is required`;
      throw new UsageError(`${missing}: ${phrase(flag.help)}`);
    }
    return [key, value];
  });
  return Object.fromEntries(values);
}

/**
 * Parses a command's arguments as {@linkcode parseGiven} does, and adds the table's defaults.
 *
 * @throws {UsageError} for a mistake in the arguments, such as a required flag that is missing.
 * @throws {HelpRequest} for `--help` or `-h`.
 */
export function parseFlags<const Table extends FlagTable>(
  command: Command,
  table: Table,
  args: readonly string[],
): FlagValues<Table> {
  return withDefaults(table, parseGiven(command, table, args), command.argument);
}
