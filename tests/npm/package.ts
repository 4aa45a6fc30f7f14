/** The npm package, packed and installed in a project as by somebody who has nothing of this repository. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runTask } from "../cli/run_task.ts";

/** The project's files. */
const PROJECT = new URL("project/", import.meta.url);

/** Runs a program and returns what it writes; fails unless it ends with `code`. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, code: expected = 0 }: { cwd: string; env?: Record<string, string>; code?: number },
): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp", ...env },
    stdin: "null",
  }).output().catch((error) => {
    throw new Error(
      `\`${program}\` did not start: ${error.message}. The package's tests need Node 20 or newer and npm`,
    );
  });
  const text = { stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  assert.equal(code, expected, `${program} ${args.join(" ")}\n${text.stdout}${text.stderr}`);
  return text;
}

/** Builds, packs and installs the package. Returns the folder of a project that has it, but not the package `webgpu`. */
export async function installPackage(folder: string): Promise<string> {
  const built = await runTask("build:npm", [`--out=${folder}/package`]);
  assert.equal(built.code, 0, built.stderr);
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: `${folder}/package`,
  });
  const project = `${folder}/project`;
  await Deno.mkdir(project);
  for await (const { name } of Deno.readDir(PROJECT)) {
    await Deno.copyFile(new URL(name, PROJECT), `${project}/${name}`);
  }
  await Deno.writeTextFile(`${project}/package.json`, JSON.stringify({ private: true, type: "module" }));
  const tarball = `${folder}/${stdout.trim()}`;
  // It needs nothing else, so it needs no registry.
  await run("npm", ["install", "--silent", "--offline", "--no-audit", tarball], { cwd: project });
  return project;
}

/** Installs the package `webgpu`, 130 MB, from Deno's cache. */
export async function installWebgpu(project: string): Promise<void> {
  const folder = fileURLToPath(new URL(".", import.meta.resolve("webgpu/package.json")));
  await Deno.symlink(folder, `${project}/node_modules/webgpu`, { type: "dir" });
}
