/**
 * Draws the pages at work into docs/web/, to be looked at. Needs a site with a gallery:
 *
 *     deno task train; deno task web --no-serve
 *     deno run --unstable-bundle --allow-all tests/web/screenshots.ts
 */
import type { Page } from "playwright-core";
import { withBrowser, withServer } from "./browser.ts";

const SITE = "web-dist";
const OUT = "docs/web";

/** The ways in which each page is shown. */
const VIEWS = {
  light: { colorScheme: "light", viewport: { width: 1040, height: 710 } },
  dark: { colorScheme: "dark", viewport: { width: 1040, height: 710 } },
  narrow: { colorScheme: "light", viewport: { width: 390, height: 844 } },
} as const;

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
};

await Deno.mkdir(OUT, { recursive: true });
await withServer(SITE, (url) =>
  withBrowser(async (browser) => {
    for (const [name, { page: address, prepare }] of Object.entries(SHOTS)) {
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
