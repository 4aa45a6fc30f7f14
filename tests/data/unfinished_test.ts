/** What a killed process leaves of a file or a folder that it was making. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { beginFile, beginFolder } from "../../data/unfinished.ts";
import { withFolder } from "../cli/run_task.ts";

const BEGIN = { file: beginFile, folder: beginFolder };

/** Begins something in a process that is killed, and returns its name. */
async function beginAndBeKilled(kind: keyof typeof BEGIN, path: string): Promise<string> {
  const module = new URL("../../data/unfinished.ts", import.meta.url).href;
  const begin = BEGIN[kind].name;
  const script = `import { ${begin} } from ${JSON.stringify(module)};
    console.log(${begin}(Deno.args[0]).name);
    setInterval(() => {}, 1000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", "--allow-write", "--ext=ts", "-", path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(script));
  await input.close();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await output.read();
  child.kill("SIGKILL");
  await child.status;
  await output.cancel();
  return value!.trim();
}

for (const kind of ["file", "folder"] as const) {
  Deno.test(`A ${kind} that a killed process left unfinished goes with the next one; others' and those in the making stay`, async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "below", "it");
      const names = () =>
        [...Deno.readDirSync(join(folder, "below"))].map(({ name }) => join(folder, "below", name)).sort();
      const left = await beginAndBeKilled(kind, path);
      assert.deepEqual(names(), [left]);
      const others = [".it.backup.tmp", ".its.4fc1ab6d-8c8e-4c0e-9d4a-7c9e3bb1a001.tmp"].map((name) =>
        join(folder, "below", name)
      );
      for (const other of others) await Deno.writeTextFile(other, "mine");
      const first = BEGIN[kind](path), second = BEGIN[kind](path);
      assert.deepEqual(names(), [...others, first.name, second.name].sort());
      for (const begun of [first, second]) "file" in begun ? begun.file.close() : begun[Symbol.dispose]();
    });
  });
}
