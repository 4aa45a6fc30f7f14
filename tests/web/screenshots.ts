/**
 * Draws the pages at work into docs/web/, to be looked at. Needs a site with a gallery:
 *
 *     deno task train; deno task web --no-serve
 *     deno run --unstable-bundle --allow-all tests/web/screenshots.ts
 *
 * Words behind it name the pages that are drawn, such as `training`; all are where there are none.
 */
import type { Page } from "playwright-core";
import { waitUntil, withBrowser, withServer } from "./browser.ts";

const SITE = "web-dist";
const OUT = "docs/web";

/** The ways in which each page is shown. */
const VIEWS = {
  light: { colorScheme: "light", viewport: { width: 1040, height: 710 } },
  dark: { colorScheme: "dark", viewport: { width: 1040, height: 710 } },
  narrow: { colorScheme: "light", viewport: { width: 390, height: 844 } },
} as const;

/** After which the curves of a training run look like curves. */
const STEPS = 300;

/** A page, and how it comes to show something. */
interface Shot {
  readonly page: string;
  readonly prepare: (page: Page) => Promise<void>;
}

const SHOTS: Readonly<Record<string, Shot>> = {
  search: {
    page: "index.html",
    async prepare(page) {
      await page.waitForSelector("#search:not([hidden])", { timeout: 120_000 });
      await page.click("#samples button:nth-child(4)");
      await page.waitForSelector('#matches[aria-busy="false"] li');
      await page.waitForLoadState("networkidle");
      if (page.viewportSize()!.width < 500) {
        await page.evaluate('document.querySelector(".query").scrollIntoView()');
      }
    },
  },
  training: {
    page: "training.html",
    async prepare(page) {
      await page.waitForSelector("#run:enabled", { timeout: 120_000 });
      await page.click("#run");
      await waitUntil(page, (steps) => (globalThis as any).latestStep?.step >= steps, STEPS, 600);
      await page.click("#run");
      await page.waitForSelector("#status:text-matches('^Paused')", { timeout: 60_000 });
      const { width } = page.viewportSize()!;
      if (width < 500) await page.evaluate('document.querySelector("#views").scrollIntoView()');
      else await page.setViewportSize({ width, height: 1320 });
    },
  },
};

await Deno.mkdir(OUT, { recursive: true });
await withServer(SITE, (url) =>
  withBrowser(async (browser) => {
    for (const [name, { page: address, prepare }] of Object.entries(SHOTS)) {
      if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
      for (const [view, options] of Object.entries(VIEWS)) {
        const page = await browser.newPage(options);
        await page.goto(url + address);
        await prepare(page);
        const path = `${OUT}/${name}-${view}.png`;
        await page.screenshot({ path });
        console.log(`${path} ${((await Deno.stat(path)).size / 1024).toFixed(0)} KiB`);
        await page.close();
      }
    }
  }));
