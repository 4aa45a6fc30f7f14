/** The text of `--help`, laid out from a command's flag table. */
import { boundsInWords, type DefaultBy } from "../model/settings.ts";
import { type Command, type Flag, flagName, type FlagTable } from "./flag_table.ts";

const WIDTH = 100;
/** Column at which a flag's help begins. */
const INDENT = 32;

/** How a flag is typed: `--margin NUMBER`, `--[no-]normalize`, `--loss basic|hard`. */
function synopsis(name: string, flag: Flag): string {
  if (flag.type === "boolean") return flag.default === true ? `--[no-]${name}` : `--${name}`;
  if (flag.type === "choice") return `--${name} ${flag.choices.join("|")}`;
  const isNumber = flag.type === "number" || flag.type === "integer";
  return `--${name} ${flag.value ?? (isNumber ? "NUMBER" : "TEXT")}${flag.type === "strings" ? " ..." : ""}`;
}

/** Defaults by the choices of another flag: "default by --loss: 8 for basic, 3 for hard and quadruplet". */
function defaultsInWords({ key, values, others }: DefaultBy<unknown>): string {
  if (others) return `default ${Object.values(values).join()}, ${phrase(others.when)} ${others.value}`;
  const choices = Map.groupBy(Object.keys(values), (choice) => values[choice]);
  const list = [...choices].filter(([value]) => value !== "").map(([value, names]) =>
    `${value} for ${names.join(" and ")}`
  );
  return `default by --${flagName(key)}: ${list.join(", ")}`;
}

/** A flag's other names, range and default: " (also --lr, above 0, default 0.01)", or nothing. */
function facts(flag: Flag): string {
  const parts = (flag.aliases ?? []).map((alias) => `also --${alias}`);
  if (flag.type === "number" || flag.type === "integer") parts.push(boundsInWords(flag));
  if (flag.required) parts.push("required");
  if (flag.defaultBy) parts.push(defaultsInWords(flag.defaultBy));
  else if (flag.type === "boolean") parts.push(flag.default === true ? "default on" : "");
  else if (flag.default !== undefined && flag.default !== "") parts.push(`default ${flag.default}`);
  const known = parts.filter((part) => part !== "");
  return known.length > 0 ? ` (${known.join(", ")})` : "";
}

/** Breaks a text at spaces into lines of at most `width` characters; longer words stand alone. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A flag's help. Below the command line, help writes other settings as `{imageHeight}`: here they become flags. */
export function phrase(help: string): string {
  return help.replace(/\{(\w+)\}/g, (_, key: string) => `--${flagName(key)}`);
}

function flagLines(key: string, flag: Flag): string[] {
  const head = `  ${synopsis(flagName(key), flag)}`;
  const help = wrap(phrase(flag.help) + facts(flag), WIDTH - INDENT).map((line) => " ".repeat(INDENT) + line);
  if (head.length > INDENT - 2) return [head, ...help];
  const [first = "", ...rest] = help;
  return [head + first.slice(head.length), ...rest];
}

/** The help of a command: usage, summary, flags by group, and examples. */
export function helpText(command: Command, table: FlagTable): string {
  const groups = Map.groupBy(Object.entries(table), ([, flag]) => flag.group ?? "Flags");
  const { argument } = command;
  const usage = argument === undefined
    ? ""
    : ` ${table[argument]?.value ?? flagName(argument).toUpperCase()}`;
  const lines = [`Usage: ${command.usage}${usage} [flags]`, "", ...wrap(command.summary, WIDTH)];
  for (const [group, flags] of groups) {
    lines.push("", group, ...flags.flatMap(([key, flag]) => flagLines(key, flag)));
  }
  lines.push("", "Help", ...flagLines("help", { type: "boolean", help: "Shows this text." }));
  const { examples = [] } = command;
  if (examples.length > 0) lines.push("", "Examples");
  for (const [commandLine, purpose] of examples) lines.push(`  # ${purpose}`, `  ${commandLine}`);
  return lines.join("\n");
}
