/** The playground in a real browser: examples run as in Deno, errors have their lines, and what never ends is stopped. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { buildPages } from "../../web/build.ts";
import { withoutTypes } from "../../web/javascript.ts";
import { MOST_LINES } from "../../web/pages/playground/messages.ts";
import { withFolder } from "../cli/run_task.ts";
import { complaintsOf, violations, withBrowser, withServer } from "./browser.ts";

const PATIENCE = 60_000;

const linesOf = (text: string) => text.trimEnd().split("\n");

/** What an example prints in Deno. */
async function linesOfDeno(name: string): Promise<string[]> {
  const path = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", path],
    env: { NO_COLOR: "1" },
    stderr: "inherit",
  }).output();
  assert.ok(success, name);
  return linesOf(new TextDecoder().decode(stdout));
}

/** Runs the code that is in the field, without a pointer, and returns what the page then says. */
async function runCode(page: Page, code?: string): Promise<{ status: string; lines: string[] }> {
  if (code !== undefined) await page.fill("#code", code);
  await page.focus("#code");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("#status:text-matches('^(Done|Stopped)')", { timeout: PATIENCE });
  return { status: await page.innerText("#status"), lines: linesOf(await page.innerText("#output")) };
}

async function checkExample(page: Page): Promise<void> {
  const { status, lines } = await runCode(page);
  assert.match(status, /^Done after [\d.]+ s\.$/);
  assert.deepEqual(lines, await linesOfDeno("own_embeddings.ts"));
  assert.match(await page.innerText("#adapter"), /^Computed on .*swiftshader.* no GPU/i);
  const titles = await page.locator("#programs h3").allInnerTexts();
  assert.equal(titles.length, 2);
  assert.equal(
    await page.innerText("#programs code >> nth=0"),
    "embeddings, labels → loss, metrics, gradient",
  );
  for (const [i, title] of titles.entries()) {
    const rows = await page.locator("#programs table").nth(i).locator("tbody tr").allInnerTexts();
    assert.equal(title, `Program ${i + 1}: ${rows.length} dispatches`);
    assert.match(rows[0]!, /^distance\s+forward\s+1\s+216\s+384$/);
    assert.match(rows.at(-1)!, /^distance_gradient\s+backward\s/);
  }
  assert.deepEqual(await violations(page), []);
  await page.setViewportSize({ width: 390, height: 844 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** Twenty additions by one pipeline. */
const LONG = `import { add, Device, f32, Program } from "@reid/webgpu/engine";
const program = await Program.record(await Device.open(), { x: f32([2]) }, ({ x }) => {
  for (let i = 0; i < 20; i++) x = add(x, x);
  return { x };
});
const { x } = await program.run({ x: [1, 2] });
console.log(x, { a: [1, "b"], c: new Map([["d", null]]) }, "e");
console.warn("warned");`;

async function checkFolding(page: Page): Promise<void> {
  const { lines } = await runCode(page, LONG);
  assert.deepEqual(lines, [
    'Float32Array(2) [ 1048576, 2097152 ] { a: [ 1, "b" ], c: Map(1) { "d" => null } } e',
    "warned",
  ]);
  assert.equal(await page.locator("#programs tbody tr:visible").count(), 12);
  await page.click("#programs button");
  assert.equal(await page.locator("#programs tbody tr:visible").count(), 20);
}

/** Code, and the error with the line that the page shows. */
const FAULTS: readonly (readonly [code: string, error: RegExp])[] = [
  [
    `import { matmul } from "@reid/webgpu";\n\nconst f = () => null;\nf().x;`,
    /^Line 4 TypeError: .*null/,
  ],
  [`const a = 1;\n\nlet b = ;`, /^Line 3 SyntaxError: /],
  [
    `import { noSuchOp } from "@reid/webgpu/losses";`,
    /^Line 1 SyntaxError: .*'@reid\/webgpu\/losses'.*noSuchOp/,
  ],
  [
    `import { add } from "@reid/webgpu";\nimport _ from "lodash";`,
    /^Line 2 "lodash" cannot be imported here\. There are @reid\/webgpu, @reid\/webgpu\/engine, /,
  ],
  [
    `import { add } from "@reid/webgpu";\nawait 0;\nadd(1, 2);`,
    /^Line 3 EngineError: /,
  ],
  [
    `console.log("first");\nsetTimeout(() => {\n  throw "later";\n}, 300);\nawait new Promise(() => {});`,
    /^first\nLine 3 later$/,
  ],
];

async function checkFaults(page: Page): Promise<void> {
  for (const [code, error] of FAULTS) {
    const { status, lines } = await runCode(page, code);
    assert.match(lines.join("\n"), error);
    assert.match(status, /^Stopped by an error/);
  }
  await runCode(page, `\n\n  null.x;`);
  await page.click("#output button");
  const selected = await page.evaluate(() => {
    const { value, selectionStart, selectionEnd } = document.querySelector<HTMLTextAreaElement>("#code")!;
    return value.slice(selectionStart, selectionEnd);
  });
  assert.equal(selected, "  null.x;");
}

async function checkStop(page: Page): Promise<void> {
  await page.fill("#code", `for (let i = 0;; i++) console.log(i);`);
  await page.click("#run");
  await page.waitForSelector("#output .left-out");
  assert.match(await page.innerText("#status"), /^Running/);
  const [worker] = page.workers();
  const closed = worker!.waitForEvent("close", { timeout: PATIENCE });
  await page.click("#stop");
  await closed;
  assert.match(await page.innerText("#status"), /^Stopped after/);
  assert.ok(await page.isDisabled("#stop"));
  assert.equal(await page.locator("#output > *").count(), MOST_LINES + 1);
}

/** Changes stay through a reload and other examples; Tab indents, and leaves the field after Escape. */
async function checkEditing(page: Page): Promise<void> {
  const original = await page.inputValue("#code");
  await page.focus("#code");
  await page.evaluate(() => document.querySelector<HTMLTextAreaElement>("#code")!.setSelectionRange(0, 0));
  await page.keyboard.press("Tab");
  assert.equal(await page.inputValue("#code"), `  ${original}`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "run");
  const titles = await page.locator("#example option").allInnerTexts();
  assert.equal(titles.length, 3);
  for (const label of [titles[1]!, titles[0]!]) await page.selectOption("#example", { label });
  await page.reload();
  assert.equal(await page.inputValue("#code"), `  ${original}`);
  assert.equal(
    await page.innerText("#line-numbers"),
    linesOf(original).map((_, i) => i + 1).join("\n") + `\n${linesOf(original).length + 1}`,
  );
  await page.click("#reset");
  assert.equal(await page.inputValue("#code"), original);
}

Deno.test("the playground runs code as Deno does, shows its plans, and tells what goes wrong and where", async () => {
  await withFolder(async (folder) => {
    await buildPages(folder);
    await withServer(folder, (url) =>
      withBrowser(async (browser) => {
        const page = await browser.newPage();
        const complaints = complaintsOf(page);
        await page.goto(`${url}playground.html`);
        await checkEditing(page);
        await checkExample(page);
        await checkFolding(page);
        await checkFaults(page);
        await checkStop(page);
        assert.deepEqual(complaints, []);

        await page.addInitScript(() => Object.defineProperty(navigator, "gpu", { value: undefined }));
        await page.reload();
        assert.match(await page.innerText("#missing"), /^This browser has no WebGPU/);
        assert.ok(await page.isHidden("#playground"));
      }));
  });
});

Deno.test("a module without its types keeps everything else", () => {
  const typed = `import { a, type B } from "b";
import type { C } from "c";

/** A comment: kept. */
interface D {
  e: number;
}
const f = [1] as const, g: number[] = [...f] satisfies number[];
const h = <T>(x: T, y?: C): D | undefined => ({ e: g[0]! + \`\${x as string}: number\`.length });
`;
  assert.equal(
    withoutTypes(typed),
    `import { a } from "b";

/** A comment: kept. */
const f = [1], g = [...f];
const h = (x, y) => ({ e: g[0] + \`\${x}: number\`.length });
`,
  );
});
