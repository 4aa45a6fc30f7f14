/** The text of `--help`, laid out from a command's flag table. */
import type { Command, Flag, FlagTable, NumericFlag } from "./flags.ts";

const WIDTH = 100;
/** Column in which a flag's help begins. */
const INDENT = 32;

/** How a flag is typed: `--margin NUMBER`, `--[no-]normalize`, `--loss basic|hard`. */
function synopsis(name: string, flag: Flag): string {
  if (flag.type === "boolean") return flag.default === true ? `--[no-]${name}` : `--${name}`;
  if (flag.type === "choice") return `--${name} ${flag.choices.join("|")}`;
  return `--${name} ${flag.value ?? (flag.type === "string" ? "TEXT" : "NUMBER")}`;
}

/** The bounds of a numeric flag: "from 0 to 10", "at least 0 and below 1", or "" where there are none. */
export function boundsInWords({ min, above, max, below }: NumericFlag): string {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  const bounds: string[] = [];
  if (min !== undefined) bounds.push(`at least ${min}`);
  if (above !== undefined) bounds.push(`above ${above}`);
  if (max !== undefined) bounds.push(`at most ${max}`);
  if (below !== undefined) bounds.push(`below ${below}`);
  return bounds.join(" and ");
}

/** A flag's range and default: " (from 0 to 10, default 0.3)", or nothing. */
function facts(flag: Flag): string {
  const parts = flag.type === "number" || flag.type === "integer" ? [boundsInWords(flag)] : [];
  if (flag.type === "boolean") parts.push(flag.default === true ? "default on" : "");
  else if (flag.default !== undefined) parts.push(`default ${flag.default}`);
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

function flagLines(name: string, flag: Flag): string[] {
  const head = `  ${synopsis(name, flag)}`;
  const help = wrap(flag.help + facts(flag), WIDTH - INDENT).map((line) => " ".repeat(INDENT) + line);
  if (head.length > INDENT - 2) return [head, ...help];
  return [head + help[0]!.slice(head.length), ...help.slice(1)];
}

/** The help of a command: usage, what it does, its flags by group, and examples. */
export function helpText(command: Command, table: FlagTable): string {
  const groups = Map.groupBy(Object.entries(table), ([, flag]) => flag.group ?? "Flags");
  const lines = [`Usage: ${command.usage} [flags]`, "", ...wrap(command.summary, WIDTH)];
  for (const [group, flags] of groups) {
    lines.push("", group, ...flags.flatMap(([name, flag]) => flagLines(name, flag)));
  }
  const help: Flag = { type: "boolean", help: "Shows this text." };
  lines.push("", "Help", ...flagLines("help", help));
  for (const [index, [commandLine, purpose]] of (command.examples ?? []).entries()) {
    lines.push(...(index === 0 ? ["", "Examples"] : []), `  # ${purpose}`, `  ${commandLine}`);
  }
  return lines.join("\n");
}
