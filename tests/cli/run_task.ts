/** Runs the repository's tasks as a user does: the same scripts, with no permissions but those of deno.json. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How a task ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a task. */
export interface Running {
  readonly env?: Record<string, string>;
  /** The working directory; the repository's root by default. */
  readonly cwd?: string;
  /** Shell commands that run before the task in the same process, such as a limit. */
  readonly shell?: string;
  /** Called with all that the task has written so far, whenever there is more of it. */
  readonly onOutput?: (text: string, child: Deno.ChildProcess) => void;
}

/** The words of a task's command line, as deno.json has them. */
export async function commandLine(task: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const [program, ...words] = tasks[task].command.split(" ");
  assert.equal(program, "deno");
  return words;
}

/** Runs `deno task TASK ARGS` in the repository's root and waits for its end. */
export async function runTask(task: string, args: readonly string[], running: Running = {}): Promise<Ended> {
  const line = await commandLine(task);
  const script = `${ROOT}/${line.pop()}`;
  const words = [Deno.execPath(), ...line, script, ...args];
  const [program, ...rest] = running.shell === undefined
    ? words
    : ["sh", "-c", `${running.shell}; exec "$@"`, "sh", ...words];
  const child = new Deno.Command(program, {
    args: rest,
    cwd: running.cwd ?? ROOT,
    env: { ...running.env, NO_COLOR: "1", DENO_NO_PROMPT: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let text = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      text += piece;
      output += piece;
      running.onOutput?.(output, child);
    }
    return text;
  };
  const [stdout, stderr, { code }] = await Promise.all([
    read(child.stdout),
    read(child.stderr),
    child.status,
  ]);
  return { code, stdout, stderr };
}

/** The one paragraph that a command ended with; fails unless that is how it ended, with the given exit code. */
export function onlyError({ code, stderr }: Ended, expectedCode: number): string {
  const lines = stderr.trimEnd().split("\n");
  const error = lines.at(-1)!;
  assert.match(error, /^error: /, stderr);
  assert.equal(lines.filter((line) => /^error|^\s+at |Error:/.test(line)).length, 1, stderr);
  assert.equal(code, expectedCode, stderr);
  return error;
}

/** Calls `use` with a new folder and removes the folder afterward. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whether there is anything at a path. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
