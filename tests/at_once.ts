/** Jobs of concurrency_process.ts, done by as many processes at the same time. */
import assert from "node:assert/strict";
import type { Job } from "./concurrency_process.ts";

const SCRIPT = new URL("concurrency_process.ts", import.meta.url);
const PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-env=XDG_RUNTIME_DIR,IMAGESCRIPT_WASM_SIMD",
  "--allow-ffi",
];

/** Does the jobs at once, each in a separate process that waits for the others to be ready; their answers. */
export async function atOnce(jobs: readonly Job[]): Promise<string[][]> {
  const children = jobs.map((job) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", ...PERMISSIONS, SCRIPT.href, JSON.stringify(job)],
      stdin: "piped",
      stdout: "piped",
    }).spawn()
  );
  const outputs = children.map(({ stdout }) => stdout.pipeThrough(new TextDecoderStream()).getReader());
  for (const output of outputs) assert.equal((await output.read()).value, "ready\n");
  const writers = children.map(({ stdin }) => stdin.getWriter());
  await Promise.all(writers.map((writer) => writer.write(new TextEncoder().encode("go\n"))));
  const answers = await Promise.all(outputs.map(async (output) => {
    let text = "";
    while (!text.endsWith("done\n")) {
      const { value, done } = await output.read();
      if (done) break;
      text += value;
    }
    return text.trimEnd().split("\n");
  }));
  await Promise.all(writers.map((writer) => writer.close())); // Until then each holds what it has.
  await Promise.all(outputs.map((output) => output.cancel()));
  for (const { success } of await Promise.all(children.map(({ status }) => status))) assert.ok(success);
  for (const answer of answers) assert.equal(answer.pop(), "done");
  return answers;
}
