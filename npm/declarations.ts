/** The package's declarations, which TypeScript's compiler writes: one file for each source file. */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import typescript from "typescript/package.json" with { type: "json" };
import { UserError } from "../engine/errors.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The oldest JavaScript that the package runs on is that of Node 20. What it lacks is an error here. */
const OPTIONS = {
  target: "ES2023",
  lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
  types: [],
  module: "ESNext",
  moduleResolution: "bundler",
  allowImportingTsExtensions: true,
  strict: true,
  noImplicitOverride: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  rootDir: ROOT,
  declaration: true,
  emitDeclarationOnly: true,
};

/** For {@link Symbol.dispose} where no other declarations have it. */
const DISPOSE = '/// <reference lib="esnext.disposable" />\n';

/** The file with the names of WebGPU. */
const WEBGPU = "webgpu.d.ts";

/**
 * Checks modules of the repository, and tells what they and their imports declare.
 *
 * @param entries their paths from the repository's root.
 * @returns the declarations of each source file `a/b.ts` by the path `a/b.d.ts`.
 * @throws {UserError} with the compiler's complaints.
 */
export async function declarations(entries: readonly string[]): Promise<Map<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    await compile(entries, folder);
    const texts = new Map<string, string>();
    await read(folder, "", texts);
    return withReferences(texts);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function compile(entries: readonly string[], outDir: string): Promise<void> {
  const webgpu = new URL("dist/index.d.ts", import.meta.resolve("@webgpu/types/package.json"));
  const files = [fileURLToPath(webgpu), ...["npm/wgsl.d.ts", ...entries].map((path) => join(ROOT, path))];
  const project = join(outDir, "tsconfig.json");
  await Deno.writeTextFile(project, JSON.stringify({ compilerOptions: { ...OPTIONS, outDir }, files }));
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", `npm:typescript@${typescript.version}/tsc`, "--project", project],
    stderr: "inherit",
  }).output();
  await Deno.remove(project);
  const complaints = new TextDecoder().decode(stdout).trim().split("\n");
  if (!success) throw new UserError(`TypeScript ${typescript.version} refuses: ${complaints.join("; ")}`);
}

/** Reads a folder's files; their imports then name scripts, as Node's resolution asks. */
async function read(root: string, path: string, texts: Map<string, string>): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(join(root, path))) {
    const inner = join(path, name);
    if (isDirectory) await read(root, inner, texts);
    else {
      const text = await Deno.readTextFile(join(root, inner));
      texts.set(inner, text.replace(/((?:from |import\()"\.[^"]*)\.ts"/g, '$1.js"'));
    }
  }
}

/**
 * Declares the interfaces of WebGPU without members. They merge with those of TypeScript's DOM (from its version 6 on), of
 * `@webgpu/types` and of Deno, so a program may have any of these or none. A dependency would impose `@webgpu/types`, which
 * contradicts the first and needs the DOM.
 */
function withReferences(texts: ReadonlyMap<string, string>): Map<string, string> {
  const names = new Set<string>();
  const complete = new Map<string, string>();
  for (const [path, text] of texts) {
    const code = text.replace(/\/\*[^]*?\*\//g, "");
    const own = code.match(/\bGPU\w*/g) ?? [];
    for (const name of own) names.add(name);
    const up = relative(dirname(path), WEBGPU);
    const reference = own.length > 0 ? `/// <reference path="${up}" />\n` : "";
    complete.set(path, (code.includes("Symbol.dispose") ? DISPOSE : "") + reference + text);
  }
  return complete.set(WEBGPU, [...names].sort().map((name) => `interface ${name} {}\n`).join(""));
}
