/**
 * Draws the pages at work into docs/web/, to be looked at. Needs a site with a gallery:
 *
 *     deno task web --no-serve
 *     deno run --unstable-bundle --allow-all tests/web/screenshots.ts
 *
 * Arguments name the pages to draw, such as `training`; without any it draws them all.
 */
import type { Page } from "playwright-core";
import type {} from "../../web/pages/training/messages.ts"; // Declares latestStep.
import { waitUntil, withBrowser, withServer } from "./browser.ts";

const SITE = "web-dist";
const OUT = "docs/web";

/** The ways in which each page is shown. */
const VIEWS = {
  light: { colorScheme: "light", width: 1040 },
  dark: { colorScheme: "dark", width: 1040 },
  narrow: { colorScheme: "light", width: 390 },
} as const;

/** After which the curves of a training run look like curves. */
const STEPS = 300;

/** A page, how it comes to show something, and how much of it is drawn, in pixels down. */
interface Shot {
  readonly page: string;
  readonly prepare: (page: Page) => Promise<void>;
  readonly wide: number;
  readonly narrow: number;
}

const SHOTS: Readonly<Record<string, Shot>> = {
  search: {
    page: "index.html",
    async prepare(page) {
      await page.waitForSelector("#search:not([hidden])", { timeout: 120_000 });
      await page.click("#samples button:nth-child(4)");
      await page.waitForSelector('#matches[aria-busy="false"] li');
      await page.focus("#matches li:nth-child(2) button");
      await page.waitForSelector("#comparison.has-pair");
      await page.evaluate(() => scrollTo(0, 0));
    },
    wide: 1000,
    narrow: 1600,
  },
  training: {
    page: "training.html",
    async prepare(page) {
      await page.waitForSelector("#run:enabled", { timeout: 300_000 });
      await page.click("#run");
      await waitUntil(page, (steps) => (globalThis.latestStep?.step ?? 0) >= steps, STEPS, 600);
      await page.click("#run");
      await page.waitForSelector("#status:text-matches('^Paused')", { timeout: 60_000 });
    },
    wide: 1650,
    narrow: 3000,
  },
  playground: {
    page: "playground.html",
    async prepare(page) {
      await page.click("#run");
      await page.waitForSelector("#status:text-matches('^Done')", { timeout: 60_000 });
      await page.mouse.move(0, 0);
      await page.evaluate(() => scrollTo(0, 0));
    },
    wide: 1300,
    narrow: 1900,
  },
};

await Deno.mkdir(OUT, { recursive: true });
await withServer(SITE, (url) =>
  withBrowser(async (browser) => {
    for (const [name, { page: address, prepare, wide, narrow }] of Object.entries(SHOTS)) {
      if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
      const page = await browser.newPage();
      await page.goto(url + address);
      await prepare(page); // Once for all views: on a software adapter a training run takes minutes.
      for (const [view, { colorScheme, width }] of Object.entries(VIEWS)) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: view === "narrow" ? narrow : wide });
        await page.waitForLoadState("networkidle"); // Pictures are loaded as they come into sight.
        await page.waitForTimeout(500); // Colors and curves follow.
        const path = `${OUT}/${name}-${view}.png`;
        await page.screenshot({ path });
        console.log(`${path} ${((await Deno.stat(path)).size / 1024).toFixed(0)} KiB`);
      }
      await page.close();
    }
  }));
