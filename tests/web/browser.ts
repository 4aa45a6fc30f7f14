/** A real headless Chromium with WebGPU on a software adapter, and pages for it. */
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { bundle } from "../../web/bundle.ts";
import { type RunningServer, serveFolder } from "../../web/serve.ts";

/** Where Chromium is looked for, unless the variable CHROMIUM names it. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const ARGUMENTS = [
  "--no-sandbox", // The pages are this repository's own, and containers often cannot have one.
  "--enable-unsafe-webgpu", // WebGPU on a software adapter.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

async function chromiumPath(): Promise<string> {
  const named = Deno.env.get("CHROMIUM");
  for (const path of named ? [named] : PLACES) {
    try {
      if ((await Deno.stat(path)).isFile) return path;
    } catch {
      // Not here.
    }
  }
  throw new Error(
    `No Chromium was found${named ? ` at ${named}` : ""}, and these tests run in one. ` +
      "Type ./setup.sh --chromium, or name yours: CHROMIUM=/path/to/chromium deno task test",
  );
}

/** Calls `use` with a new browser, closed afterward. `flags` are further ones of Chromium's. */
export async function withBrowser<T>(
  use: (browser: Browser) => Promise<T>,
  flags: readonly string[] = [],
): Promise<T> {
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: [...ARGUMENTS, ...flags],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** Calls `use` with the address of a folder that is served, as `deno task web` serves it. */
export async function withServer<T>(folder: string, use: (url: string) => Promise<T>): Promise<T> {
  const server: RunningServer = await serveFolder(folder);
  try {
    return await use(server.url);
  } finally {
    await server.stop();
  }
}

/** What a page complained of: errors that nobody caught, and lines on its console that are errors. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`${error}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return complaints;
}

/** As a page sees an adapter that is a GPU; stands before a script. */
const PRETENDED_GPU = `Object.defineProperty(GPUAdapter.prototype, "info", {
  get: () => ({ vendor: "", architecture: "", device: "", description: "a GPU", isFallbackAdapter: false }),
});
`;

/** Makes Chromium's software adapter seem a GPU to a page's script, so that the kernels for GPUs run, as for visitors. */
export async function pretendGpu(page: Page, script: string): Promise<void> {
  await page.route(script, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: PRETENDED_GPU + await response.text() });
  });
}

/**
 * Writes an empty page with the script of a module, bundled. What the module exports as `run` is then called with
 * {@link callRun}.
 */
export async function writeScriptPage(folder: string, module: URL): Promise<void> {
  await Deno.writeFile(`${folder}/script.js`, await bundle(module));
  await Deno.writeTextFile(
    `${folder}/index.html`,
    "<!DOCTYPE html><title>Script</title><link rel=icon href=data:>",
  );
}

/** Opens the page of {@link writeScriptPage} and returns what `run` answers, which must be JSON. */
export async function callRun<Result>(page: Page, url: string, ...args: unknown[]): Promise<Result> {
  await page.goto(url);
  return await page.evaluate(
    async ({ script, args }) => await (await import(script)).run(...args),
    { script: `${url}script.js`, args },
  );
}

/** Waits until a function that is called in the page again and again answers true; the page's policy forbids others. */
export async function waitUntil<Argument>(
  page: Page,
  holds: (argument: Argument) => boolean,
  argument: Argument,
  seconds: number,
): Promise<void> {
  for (
    const end = Date.now() + 1000 * seconds;
    !await page.evaluate(holds as (argument: unknown) => boolean, argument);
  ) {
    if (Date.now() > end) throw new Error(`After ${seconds} s the page still denies ${holds}`);
    await page.waitForTimeout(50);
  }
}

/** What axe-core finds wrong with a page for people who cannot see or point, by WCAG 2.2 A and AA and good practice. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source); // By the driver, as the page's own policy lets no stranger's script in.
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
  });
}
