/**
 * Builds the static site. Each folder `web/pages/NAME` gives `NAME.html` in the shell, `NAME.css`, and the script
 * `NAME.js`, bundled from `NAME.ts` and its imports; a worker's script is `NAME_worker.ts`. The search page is the first.
 */
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { SiteError } from "./errors.ts";
import { withoutTypes } from "./javascript.ts";
import notices from "./shell/notices.html" with { type: "text" };
import shell from "./shell/page.html" with { type: "text" };

/** The page with the name `index.html` on the site. */
const FIRST_PAGE = "search";

/** Files in this folder that all pages share. */
const SHARED = ["site.css", "icon.svg"];

/** A file of the built site. */
export interface BuiltFile {
  /** Name in the site's folder. */
  readonly name: string;
  /** Size of the file. */
  readonly bytes: number;
}

/** Marks a folder that this program made. The server does not serve hidden files. */
const MARK = ".reid-site";

/**
 * Writes the pages into a folder, and makes the folder if it is missing. It replaces an earlier build with its gallery.
 *
 * @returns the files, in the order of their names.
 * @throws {SiteError} when the folder holds other files, a script cannot be bundled or a file cannot be written.
 */
export async function buildPages(out: string): Promise<BuiltFile[]> {
  await prepare(out);
  const files = new Map<string, Uint8Array>();
  for (const name of SHARED) files.set(name, await Deno.readFile(new URL(name, import.meta.url)));
  files.set("theme.js", await bundle(new URL("shell/theme.ts", import.meta.url), "iife"));
  const pages = new URL("pages/", import.meta.url);
  for await (const { name: page, isDirectory } of Deno.readDir(pages)) {
    if (!isDirectory) continue;
    const names = (await Array.fromAsync(Deno.readDir(new URL(`${page}/`, pages)))).map(({ name }) => name);
    for (const name of names) {
      const file = new URL(`${page}/${name}`, pages);
      if (name === `${page}.html`) {
        const address = page === FIRST_PAGE ? "index.html" : name;
        const script = names.includes(`${page}.ts`) ? page : "";
        const text = inShell(await withExamples(await Deno.readTextFile(file)), address, script);
        files.set(address, new TextEncoder().encode(text));
      } else if (name === `${page}.css`) files.set(name, await Deno.readFile(file));
      else if (name === `${page}.ts` || name === `${page}_worker.ts`) {
        files.set(name.replace(/\.ts$/, ".js"), await bundle(file));
      }
    }
  }
  return await writeFiles(out, files);
}

/**
 * Puts the shell, which all pages share, around a page.
 *
 * @param text the page: its title and description, then `<main>`.
 * @param script the name of its script and of its style sheet, "" if it has none.
 */
function inShell(text: string, address: string, script: string): string {
  const start = text.indexOf("<main");
  const files = script && `<link rel="stylesheet" href="${script}.css">
    <script type="module" src="${script}.js"></script>`;
  const [above = "", below] = shell.split("<!-- main -->");
  const head = above.replace("<!-- title -->", () => text.slice(0, start)).replace("<!-- files -->", files)
    .replace(`<a href="${address}"`, '$& aria-current="page"');
  const main = text.slice(start).replace(
    /<!-- notices: (.*) -->/,
    (_, what) => notices.replace("<!-- what -->", what),
  );
  return head + main + below;
}

/** A page with the JavaScript of an example in the place of each comment that names one. */
async function withExamples(text: string): Promise<string> {
  let complete = text;
  for (const [comment, name] of text.matchAll(/<!-- example: (\S+) -->/g)) {
    const source = await Deno.readTextFile(new URL(`../examples/${name}`, import.meta.url));
    const escaped = withoutTypes(source).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    complete = complete.replace(comment, () => escaped);
  }
  return complete;
}

/** Makes the folder, or empties it if it holds an earlier build. */
async function prepare(out: string): Promise<void> {
  try {
    await Deno.mkdir(out, { recursive: true });
    const names = (await Array.fromAsync(Deno.readDir(out))).map(({ name }) => name);
    if (names.length > 0 && !names.includes(MARK)) {
      throw new SiteError(
        `${out} holds files that are no site of this program. Choose another folder.`,
        { remedies: [{ kind: "other-output" }] },
      );
    }
    for (const name of names) if (name !== MARK) await Deno.remove(join(out, name), { recursive: true });
    await Deno.writeTextFile(join(out, MARK), "");
  } catch (error) {
    if (error instanceof SiteError) throw error;
    throw new SiteError(
      `${out} cannot be written: ${(error as Error).message}. Choose another folder.`,
      { remedies: [{ kind: "other-output" }] },
    );
  }
}

async function writeFiles(out: string, files: ReadonlyMap<string, Uint8Array>): Promise<BuiltFile[]> {
  for (const [name, contents] of files) await Deno.writeFile(join(out, name), contents);
  return [...files].map(([name, { length: bytes }]) => ({ name, bytes }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}
