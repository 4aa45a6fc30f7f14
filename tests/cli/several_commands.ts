/**
 * Runs several commands one after another in one process, which is faster than a process for each:
 *
 *     deno run --allow-all tests/cli/several_commands.ts '[["index", "add", "--images=a"], ...]'
 *
 * It prints how they ended, as a JSON array of {@linkcode Ended}. Tests import {@linkcode runSeveral}.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../cli/command.ts";
import type { Ended } from "./run_task.ts";

/** Runs commands, each the name of a task and its arguments, in a folder; returns how they ended. */
export async function runSeveral(cwd: string, commands: readonly (readonly string[])[]): Promise<Ended[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--unstable-bundle",
      fileURLToPath(import.meta.url),
      JSON.stringify(commands),
    ],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr));
  return JSON.parse(text.decode(stdout));
}

async function run([task, ...args]: string[]): Promise<Ended> {
  const { main } = await import(new URL(`../../cli/${task}.ts`, import.meta.url).href);
  const { log, error } = console;
  const lines: Record<"stdout" | "stderr", string[]> = { stdout: [], stderr: [] };
  console.log = (...words) => lines.stdout.push(words.join(" "));
  console.error = (...words) => lines.stderr.push(words.join(" "));
  try {
    const code = await runCommand(main, args);
    return { code, stdout: lines.stdout.join("\n"), stderr: lines.stderr.join("\n") };
  } finally {
    Object.assign(console, { log, error });
  }
}

if (import.meta.main) {
  const ended: Ended[] = [];
  for (const command of JSON.parse(Deno.args[0] ?? "[]")) ended.push(await run(command));
  console.log(JSON.stringify(ended));
}
