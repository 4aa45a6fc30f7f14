/** What the documentation's pages contain: commands, inline code, links, headings. */
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The text of a file of the repository. */
export function read(path: string): string {
  return Deno.readTextFileSync(`${ROOT}/${path}`);
}

/** README.md, CONTRIBUTING.md and the pages of docs/, from the root. */
export function pages(): string[] {
  const docs = [...Deno.readDirSync(`${ROOT}/docs`)].map(({ name }) => name).filter((name) =>
    name.endsWith(".md")
  );
  return ["README.md", "CONTRIBUTING.md", ...docs.sort().map((name) => `docs/${name}`)];
}

const FENCE = /^```(\w*)\n(.*?)^```$/gms;

/** The fenced blocks in a language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(FENCE)].filter(([, of]) => of === language).map(([, , code]) => code);
}

/** The code in backticks within the text, on one line each. */
export function inlineCode(text: string): string[] {
  return [...text.replace(FENCE, "").matchAll(/`([^`]+)`/g)].map(([, code]) => code.replace(/\s+/g, " "));
}

/** The commands of a page: lines of its `sh` blocks without comments, and inline code that begins as commands do. */
export function commands(text: string): string[] {
  const lines = blocks(text, "sh").flatMap((block) => block.trimEnd().split("\n"))
    .map((line) => line.replace(/\s+#.*$/, ""));
  const inline = inlineCode(text).filter((code) => /^(deno |npx |git |\.\/setup\.sh|\.ci\/run)/.test(code));
  return [...new Set([...lines, ...inline])];
}

/** The words of a command line as a shell splits them; quotes group words, and nothing is substituted. */
export function words(line: string): string[] {
  return (line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) => word.replaceAll(/['"]/g, ""));
}

/** The targets of a page's links and images. */
export function links(text: string): string[] {
  return [...text.replace(FENCE, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(text: string): string[] {
  return [...text.replace(FENCE, "").matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
  );
}
