/** `deno task build:npm`: the library as a package for Node, Bun, bundlers and browsers. */
import { dirname, join } from "node:path";
import { runCommand } from "../cli/command.ts";
import { type Command, type FlagTable, parseFlags } from "../cli/flags.ts";
import repository from "../deno.json" with { type: "json" };
import { UserError } from "../engine/errors.ts";
import { declarations } from "./declarations.ts";
import { bundleScripts } from "./scripts.ts";

const COMMAND: Command = {
  usage: "deno task build:npm",
  summary: "Builds the library as an npm package: ES modules, declarations, source maps. Publishes nothing.",
  examples: [["deno task build:npm", "into dist/npm; there, npm pack makes a tarball"]],
};

const FLAGS = {
  out: {
    type: "string",
    value: "DIR",
    default: "dist/npm",
    help: "Folder for the package. It is emptied first.",
  },
} as const satisfies FlagTable;

/** The files that stand in the package as they are. */
const COPIED = { "README.md": "npm/README.md", "LICENSE": "LICENSE" };

/** What package.json says. */
function manifest(exports: Readonly<Record<string, string>>) {
  const scriptOf = (entry: string) => entry.replace(/\.ts$/, ".js");
  return {
    name: repository.name,
    version: repository.version,
    description:
      "Tensors, automatic differentiation and optimizers on WebGPU, for browsers, Node, Bun and Deno",
    keywords: ["webgpu", "wgsl", "tensor", "autograd", "machine learning", "training", "re-identification"],
    license: repository.license,
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    exports: {
      ...Object.fromEntries(
        Object.entries(exports).map(([name, entry]) => {
          const script = scriptOf(entry);
          return [name, { types: `./types/${script.slice(2).replace(/\.js$/, ".d.ts")}`, default: script }];
        }),
      ),
      "./package.json": "./package.json",
    },
    // Where there is no navigator.gpu. The engine loads a file of it by name: see engine/installed_gpu.ts.
    peerDependencies: { webgpu: "^0.6.2" },
    peerDependenciesMeta: { webgpu: { optional: true } },
    publishConfig: { access: "public" },
  };
}

/** Removes an earlier build, and nothing else. */
async function empty(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  if (names.length === 0) return;
  const { name } = JSON.parse(await Deno.readTextFile(join(folder, "package.json")).catch(() => "{}"));
  if (name !== repository.name) {
    throw new UserError(`${folder} holds files that are no build of this package. Choose another folder`, {
      remedies: [{ kind: "other-output" }],
    });
  }
  for (const name of names) await Deno.remove(join(folder, name), { recursive: true });
}

/** Runs the command. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { out } = parseFlags(COMMAND, FLAGS, args);
  const entries = Object.values(repository.exports);
  const [scripts, types] = await Promise.all([bundleScripts(entries), declarations(entries)]);
  await empty(out);
  const files = new Map([
    ["package.json", JSON.stringify(manifest(repository.exports), null, 2) + "\n"],
    ...scripts,
  ]);
  for (const [path, text] of types) files.set(join("types", path), text);
  for (const [path, source] of Object.entries(COPIED)) {
    files.set(path, await Deno.readTextFile(new URL(`../${source}`, import.meta.url)));
  }
  for (const [path, text] of files) {
    await Deno.mkdir(dirname(join(out, path)), { recursive: true });
    await Deno.writeTextFile(join(out, path), text);
  }
  const bytes = [...scripts].reduce(
    (sum, [path, { length }]) => path.endsWith(".js") ? sum + length : sum,
    0,
  );
  console.log(`${out}: ${repository.name} ${repository.version}, ${(bytes / 1000).toFixed(0)} kB of scripts`);
  return 0;
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
