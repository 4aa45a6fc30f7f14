/** The tasks of deno.json as the documentation sees them: what they accept, and what their `--help` says. */
import { runTask } from "../cli/run_task.ts";
import { read, ROOT } from "./markdown.ts";

/** Command lines by the name of the task. */
export const TASKS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries<{ command: string }>(JSON.parse(read("deno.json")).tasks)
    .map(([task, { command }]) => [task, command]),
);

/** The tasks that parse flags with a parser of this repository. */
export const PARSING = Object.keys(TASKS).filter((task) => TASKS[task].startsWith("deno run "));

/** No command has this flag. Parsing stops at it, so a command that comes this far has accepted all words before. */
const NO_FLAG = "--end-of-documented-command";

/** Calls a task's `main` in this process, or the task in its own where it exports none; returns what it says. */
async function said(task: string, args: string[]): Promise<string> {
  const { main } = await import(`${ROOT}/${TASKS[task].split(" ").at(-1)}`);
  if (main === undefined) {
    const { stdout, stderr } = await runTask(task, args);
    return stdout + stderr;
  }
  try {
    return `exit code ${await main(args)}`;
  } catch (error) {
    return error instanceof Error ? error.message : `${error}`;
  }
}

/** What the parser of a task has against these arguments; undefined where it accepts them. */
export async function refusal(task: string, args: readonly string[]): Promise<string | undefined> {
  if (args.includes("--help")) return undefined;
  const message = await said(task, [...args, NO_FLAG]);
  return message.includes(`Unknown flag ${NO_FLAG};`) ? undefined : message;
}

const ACTIONS: Readonly<Record<string, readonly string[]>> = { index: ["add", "remove", "build", "stats"] };

/** The texts of `--help` of a task: one for each of its actions, where it has any. */
export async function helpTexts(task: string): Promise<string[]> {
  const calls = (ACTIONS[task] ?? [""]).map((action) => action === "" ? ["--help"] : [action, "--help"]);
  return await Promise.all(calls.map((args) => said(task, args)));
}
