/** Commands that do several things, each chosen by the word behind the command's name: `deno task index add`. */
import { type Command, HelpRequest, nearest, UsageError } from "./flags.ts";

/** One of the things that a command does. */
export interface Action {
  /** Its own usage, such as "deno task index add". */
  readonly command: Command;
  /** Does it, with the arguments behind its name; returns the exit code. */
  readonly run: (args: string[]) => Promise<number>;
}

/**
 * Runs the action that the first argument names, with the rest.
 *
 * @param command the command as a whole; its examples and the actions' summaries make up its `--help`.
 * @throws {UsageError} where the first argument names none.
 * @throws {HelpRequest} where it asks for help.
 */
export function runAction(
  command: Command,
  actions: Readonly<Record<string, Action>>,
  args: readonly string[],
): Promise<number> {
  const [word, ...rest] = args[0] === "--" ? args.slice(1) : args;
  if (word === "--help" || word === "-h") throw new HelpRequest(help(command, actions));
  if (word !== undefined && Object.hasOwn(actions, word)) return actions[word].run(rest);
  const names = Object.keys(actions);
  const all = `${command.usage} is followed by one of ${names.join(", ")}`;
  if (word === undefined) throw new UsageError(`${all}; ${command.usage} --help explains them`);
  const near = nearest(word, names);
  const hint = near === undefined ? `${command.usage} --help explains them` : `did you mean ${near}?`;
  throw new UsageError(`${all}, then by flags; got '${word}'; ${hint}`);
}

function help({ usage, summary, examples = [] }: Command, actions: Readonly<Record<string, Action>>): string {
  const width = Math.max(...Object.keys(actions).map((name) => name.length));
  return [
    `Usage: ${usage} ${Object.keys(actions).join("|")} [flags]`,
    "",
    summary,
    "",
    ...Object.entries(actions).map(([name, action]) => `  ${name.padEnd(width)}  ${action.command.summary}`),
    "",
    `${usage} ${Object.keys(actions)[0]} --help shows that one's flags, and so for the others.`,
    ...(examples.length > 0 ? ["", "Examples"] : []),
    ...examples.flatMap(([line, purpose]) => [`  # ${purpose}`, `  ${line}`]),
  ].join("\n");
}
