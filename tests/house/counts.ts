/** Counts lines, the files that a setting or an op touches, imports and types, in this checkout or another one. */
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { circles, LAYERS, ROOT, sources, upwardImports } from "../source_graph.ts";

const USAGE = `Usage: deno run --allow-read --allow-run tests/house/counts.ts [FOLDER]

Counts lines, files, imports and types in a checkout; in this one if FOLDER is left out.

  --setting NAME  Count the files that name this setting, such as labelSmoothing; may be repeated
  --op NAME       Count the files that name this op, such as maxPool2d; may be repeated
  --list          Also list the files and places that are counted`;

/** What `git` or `deno` prints in a folder. */
async function output(program: string, args: string[], cwd: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  if (stdout.length === 0) throw new Error(`${program} ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** `labelSmoothing` also as `label-smoothing` and `label_smoothing`, `maxPool2d` also as `max_pool`. */
function spellings(name: string): RegExp {
  const words = name.split(/(?=[A-Z])|[-_]/).map((word) => word.toLowerCase());
  return new RegExp(`(?<![a-z])${words.join("[-_]?").replace(/2d$/, "(2d)?")}(?![a-z0-9])`, "i");
}

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
  readonly range: { readonly start: { readonly line: number } };
}

/** What the rules of lint_rules.ts find in the layers, as "path:line" by rule. */
async function lint(root: string): Promise<Map<string, string[]>> {
  const present = new Set(Array.from(Deno.readDirSync(root), ({ name }) => name));
  const folders = [...LAYERS, "mod.ts"].filter((name) => present.has(name));
  const config = fileURLToPath(new URL("lint.json", import.meta.url));
  const json = await output(Deno.execPath(), ["lint", "--config", config, "--json", ...folders], root);
  const { diagnostics }: { diagnostics: Diagnostic[] } = JSON.parse(json);
  const where = ({ filename, range }: Diagnostic) =>
    `${relative(root, fileURLToPath(filename))}:${range.start.line}`;
  const byRule = Map.groupBy(diagnostics, ({ code }) => code.replace("house/", ""));
  return new Map([...byRule].map(([rule, found]) => [rule, found.map(where)]));
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    setting: { type: "string", multiple: true, default: ["labelSmoothing", "softMargin", "clipNorm"] },
    op: { type: "string", multiple: true, default: ["globalAveragePool", "maxPool2d"] },
    list: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const root = resolve(positionals[0] ?? ROOT);
const tracked = (await output("git", ["ls-files"], root)).trim().split("\n");
const texts = new Map(
  tracked.filter((path) => /\.(ts|wgsl|css|html|md)$/.test(path)).map((path) => {
    return [path, Deno.readTextFileSync(join(root, path))];
  }),
);

const say = (what: string, count: number) =>
  console.log(`${what.padEnd(58)}${count.toLocaleString("en").padStart(8)}`);
const sayList = (what: string, items: readonly string[]) => {
  say(what, items.length);
  if (values.list) { for (const item of items) console.log(`    ${item}`); }
};

const lines = (folder: string) =>
  [...texts].filter(([path]) => path.startsWith(folder) && !path.endsWith(".md"))
    .reduce((sum, [, text]) => sum + text.split("\n").length - 1, 0);
for (const folder of LAYERS) say(`lines in ${folder}/`, lines(`${folder}/`));
say(
  "product lines",
  [...LAYERS.map((folder) => `${folder}/`), "mod.ts"].reduce((sum, x) => sum + lines(x), 0),
);
for (const folder of ["tests", "bench", "examples"]) say(`lines in ${folder}/`, lines(`${folder}/`));

const naming = (name: string, excluded: RegExp) => {
  const pattern = spellings(name);
  const naming = [...texts].filter(([path, text]) => pattern.test(text) || pattern.test(path));
  return naming.map(([path]) => path).filter((path) => !excluded.test(path));
};
for (const name of values.setting) {
  sayList(`files of the setting ${name}, without tests`, naming(name, /^tests\//));
}
for (const name of values.op) {
  sayList(`files of the op ${name}, without documentation`, naming(name, /\.md$|^tests\/house\//));
}

const files = await sources(".ts", LAYERS, root);
sayList("circles of imports", circles(files).map((circle) => circle.join(" > ")));
sayList("upward imports", files.flatMap(upwardImports));

const found = await lint(root);
const outside = (pattern: RegExp, list: readonly string[] = []) => list.filter((path) => !pattern.test(path));
sayList("casts (as, without as const)", found.get("cast") ?? []);
sayList("non-null assertions (!)", found.get("non-null") ?? []);
sayList("non-null assertions outside kernels/", outside(/^kernels\//, found.get("non-null")));
sayList("any", found.get("any") ?? []);
sayList("messages below cli/ that name a flag or a task", [...new Set(outside(/^cli\//, found.get("flag")))]);
