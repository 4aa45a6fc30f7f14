/** Commands with several actions, such as `deno task index add`. */
import { type Command, HelpRequest, nearest, UsageError } from "./flags.ts";

/** An action of a command. */
export interface Action {
  /** Its usage, such as "deno task index add", and its summary. */
  readonly command: Command;
  /** Runs it with the arguments after its name, and returns the exit code. */
  readonly run: (args: string[]) => Promise<number>;
}

/**
 * Runs the action that the first argument names, with the other arguments.
 *
 * @param command the whole command; its `--help` shows its examples and the summaries of the actions.
 * @throws {UsageError} when the first argument names no action.
 * @throws {HelpRequest} when it asks for help.
 */
export function runAction(
  command: Command,
  actions: Readonly<Record<string, Action>>,
  args: readonly string[],
): Promise<number> {
  const [word, ...rest] = args[0] === "--" ? args.slice(1) : args;
  if (word === "--help" || word === "-h") throw new HelpRequest(help(command, actions));
  const action = word !== undefined && Object.hasOwn(actions, word) ? actions[word] : undefined;
  if (action !== undefined) return action.run(rest);
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
    `${usage} ACTION --help shows the flags of an action.`,
    ...(examples.length > 0 ? ["", "Examples"] : []),
    ...examples.flatMap(([line, purpose]) => [`  # ${purpose}`, `  ${line}`]),
  ].join("\n");
}
