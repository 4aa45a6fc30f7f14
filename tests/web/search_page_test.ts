/** Page one in a real browser: the same embeddings and rankings as Deno's, and a page that anybody can use. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { buildPages } from "../../web/build.ts";
import { withFolder } from "../cli/run_task.ts";
import { PICTURE_CASES, PICTURES, unturned } from "../data/picture_cases.ts";
import { resultPage } from "../../search/page/page.ts";
import { complaintsOf, violations, withBrowser, withServer } from "./browser.ts";
import { buildSmallSite, HOSTILE, type SmallSite } from "./small_site.ts";

/** What the page's own searcher makes of pictures of the site. */
async function findAll(page: Page, pictures: readonly string[]) {
  return await page.evaluate(async (pictures) => {
    const { searcher } = await (await import(new URL("search.js", document.baseURI).href)).opened;
    const results = [];
    for (const picture of pictures) {
      const bytes = new Uint8Array(await (await fetch(picture)).arrayBuffer());
      const { cells, distances } = await searcher.find(bytes);
      results.push({ embedding: [...cells.embedding], distances: [...distances] });
    }
    return results as { embedding: number[]; distances: number[] }[];
  }, pictures);
}

/** Euclidean distances in f64 from a row of `embeddings` [n, size] to all of them. */
function distancesFrom(row: number, embeddings: Float32Array, size: number): number[] {
  return Array.from({ length: embeddings.length / size }, (_, other) => {
    let sum = 0;
    for (let i = 0; i < size; i++) {
      sum += (embeddings[row * size + i] - embeddings[other * size + i]) ** 2;
    }
    return Math.sqrt(sum);
  });
}

function topTen(distances: readonly number[]): number[] {
  return [...distances.keys()].sort((a, b) => distances[a] - distances[b] || a - b).slice(0, 10);
}

/** The largest difference of embeddings, as a share of the embedding's length. */
function relativeDifference(found: readonly number[], expected: Float32Array): number {
  const length = (values: number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return length(found.map((x, i) => x - expected[i])) / length([...expected]);
}

async function checkAgainstDeno(page: Page, { gallery, embeddings }: SmallSite): Promise<void> {
  const { size, images } = gallery;
  assert.ok(images.length >= 16);
  const found = await findAll(page, images.map(({ picture }) => picture));
  let worst = 0, spread = 0;
  for (const [row, { embedding, distances }] of found.entries()) {
    const expected = distancesFrom(row, embeddings, size);
    worst = Math.max(worst, relativeDifference(embedding, embeddings.subarray(row * size, (row + 1) * size)));
    spread = Math.max(spread, ...expected);
    assert.deepEqual(topTen(distances), topTen(expected), images[row].picture);
  }
  assert.ok(worst <= 1e-4, `embeddings differ by ${worst}`);
  assert.ok(spread > 0.1, `all pictures are alike: ${spread}`); // Else equal rankings would be luck.
}

async function waitForResult(page: Page): Promise<number[]> {
  await page.waitForSelector('#matches[aria-busy="false"] li');
  return await page.$$eval(
    "#matches li",
    (items) => items.map((item) => Number(item.getAttribute("data-index"))),
  );
}

async function useByKeyboard(page: Page, { gallery }: SmallSite): Promise<void> {
  const focused = () =>
    page.evaluate(() => document.activeElement?.closest("#samples button, #file")?.outerHTML);
  for (let presses = 0; presses < 20 && !(await focused())?.startsWith("<button"); presses++) {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Tab"); // The second sample.
  await page.keyboard.press("Enter");
  const shown = await waitForResult(page);
  const query = gallery.queries[1];
  const [{ distances }] = await findAll(page, [query.picture]);
  const allowed = [...distances.keys()].filter((index) => {
    const { person, camera } = gallery.images[index];
    return !(person === query.person && camera === query.camera);
  });
  const expected = allowed.sort((a, b) => distances[a] - distances[b] || a - b);
  assert.deepEqual(shown, expected.slice(0, 20));
  const verdicts = await page.$$eval(
    "#matches .verdict",
    (spans) => spans.map(({ textContent }) => textContent!.includes("same")),
  );
  assert.deepEqual(verdicts, shown.map((index) => gallery.images[index].person === query.person));
  assert.match(
    await page.textContent("#summary") ?? "",
    /^Nearest: .*, at distance \d\.\d{3}\. Of the 10 nearest/,
  );
  assert.equal(await page.getAttribute("#samples button:nth-child(2)", "aria-pressed"), "true");

  await page.focus("#more");
  await page.keyboard.press("Enter");
  assert.deepEqual(await waitForResult(page), expected.slice(0, 40));
}

/** Maps of matches by focus, pointer and touch: their numbers are those of the ranking, and they are no plain color. */
async function compares(page: Page): Promise<void> {
  const colors = (id: string) =>
    page.$eval(id, (canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
      return { width, height, different: new Set(new Uint32Array(data.buffer)).size };
    });
  const match = (place: number) => `#matches li:nth-child(${place})`;
  const ways = [
    () => page.focus(`${match(3)} button`),
    () => page.hover(`${match(1)} button`),
    () => page.dispatchEvent(`${match(5)} button`, "click"), // What a touch ends with.
  ];
  for (const [i, place] of [3, 1, 5].entries()) {
    await ways[i]();
    await page.waitForFunction(
      (place) => document.querySelector("#comparison-text")?.textContent?.startsWith(`Match ${place}, `),
      place,
    );
    const distance = Number(await page.getAttribute(match(place), "data-distance"));
    const text = await page.textContent("#comparison-text") ?? "";
    const [, cosine, byHeight] = /: cosine (\S+)\. Of it by height, from the top: (.*)\.$/.exec(text) ?? [];
    assert.ok(Math.abs(Number(cosine) - (1 - distance ** 2 / 2)) < 0.006, `${text} at distance ${distance}`);
    const rows = byHeight.split(", ").map(Number);
    assert.equal(rows.length, 2); // 64 × 32 pixels.
    assert.ok(Math.abs(rows[0] + rows[1] - Number(cosine)) < 0.02, text);
    for (const id of ["#compared-query-map", "#compared-match-map", `${match(place)} canvas`]) {
      const { width, height, different } = await colors(id);
      assert.deepEqual([width, height], [8, 16]);
      assert.ok(different > 1, id);
    }
  }
  assert.equal(await page.$$eval("#matches canvas.current", (maps) => maps.length), 1);
  const similarity = await page.textContent("#map-to");
  await page.check("#map-activation");
  assert.notEqual(await page.textContent("#map-to"), similarity);
  assert.match(await page.textContent("#map-to") ?? "", /highest/);
}

async function showsNames(page: Page, { gallery }: SmallSite): Promise<void> {
  const shown = await waitForResult(page);
  const captions = await page.$$eval(
    "#matches .who",
    (spans) => spans.map(({ textContent }) => textContent!),
  );
  assert.ok(shown.length >= 10, `${shown}`);
  for (const [place, index] of shown.entries()) {
    const { person, camera } = gallery.images[index];
    assert.ok(camera.endsWith(HOSTILE));
    assert.equal(
      captions[place],
      `${person === undefined ? "nobody known" : `person ${person}`}, camera ${camera}`,
    );
  }
  assert.equal(await page.$("[onerror], body script, img[src=x]"), null);
}

async function giveFiles(page: Page, { gallery, folder }: SmallSite): Promise<void> {
  const path = `${folder}/${gallery.images[3].picture}`;
  const bytes = await Deno.readFile(path);
  await page.setInputFiles("#file", path);
  assert.equal((await waitForResult(page))[0], 3);
  assert.equal(await page.$("#matches .verdict"), null); // Nobody knows who that is.

  const broken = `${folder}/broken.jpg`;
  await Deno.writeFile(broken, bytes.subarray(0, bytes.length / 2));
  await page.setInputFiles("#file", broken);
  await page.waitForSelector("#problem:not([hidden])");
  assert.match(await page.textContent("#problem") ?? "", /truncated JPEG: the data end in row/);

  for (const [type, index] of [["drop", 5], ["paste", 7]] as const) {
    const chosen = await Deno.readFile(`${folder}/${gallery.images[index].picture}`);
    await page.evaluate(({ type, bytes }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], "crop.jpg", { type: "image/jpeg" }));
      const Event = type === "drop" ? DragEvent : ClipboardEvent;
      const data = type === "drop" ? { dataTransfer: transfer } : { clipboardData: transfer };
      document.body.dispatchEvent(new Event(type, { ...data, bubbles: true, cancelable: true }));
    }, { type, bytes: [...chosen] });
    await page.waitForSelector(`#matches li:first-child[data-index="${index}"]`);
  }
  assert.equal(await page.isHidden("#problem"), true);
}

/** The page's searcher embeds the cases as their expected pixels, and far from pictures left turned. */
async function readsPictures(page: Page, { folder }: SmallSite): Promise<void> {
  await Deno.mkdir(`${folder}/cases`);
  for (const { name, expected } of PICTURE_CASES) {
    for (const file of [name, expected]) await Deno.copyFile(PICTURES + file, `${folder}/cases/${file}`);
  }
  const turned = PICTURE_CASES.filter(({ name }) => name.startsWith("exif"));
  for (const { name } of turned) {
    await Deno.writeFile(`${folder}/cases/un${name}`, unturned(await Deno.readFile(PICTURES + name)));
  }
  const pairs = PICTURE_CASES.flatMap(({ name, expected }) => [name, expected]);
  const files = [...pairs, ...turned.map(({ name }) => `un${name}`)];
  const found = await findAll(page, files.map((file) => `cases/${file}`));
  const vectors = new Map(files.map((file, i) => [file, found[i].embedding]));
  const distance = (a: string, b: string) =>
    Math.hypot(...vectors.get(a)!.map((value, i) => value - vectors.get(b)![i]));
  for (const { name, expected } of PICTURE_CASES) assert.ok(distance(name, expected) <= 0.02, name);
  for (const { name, expected } of turned) assert.ok(distance(`un${name}`, expected) > 0.2, name);
}

/** The pixels that a browser draws of each picture in a result of `deno task search --out`. */
async function drawsResults(page: Page): Promise<void> {
  const found = PICTURE_CASES.flatMap(({ name, expected }) => [name, expected]).map((file) => {
    return { id: file, path: PICTURES + file, distance: 0 };
  });
  await page.setContent(await resultPage({ queries: [found[0].path], gallery: "g", found }));
  const differences = await page.$$eval("li img", async (images) => {
    const drawn: Uint8ClampedArray[] = [];
    for (const image of images as HTMLImageElement[]) {
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
      const context = canvas.getContext("2d")!;
      context.drawImage(image, 0, 0);
      drawn.push(context.getImageData(0, 0, canvas.width, canvas.height).data);
    }
    return Array.from({ length: drawn.length / 2 }, (_, i) => {
      const [shown, expected] = [drawn[2 * i], drawn[2 * i + 1]];
      if (shown.length !== expected.length) return Infinity;
      return shown.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at])), 0);
    });
  });
  assert.equal(differences.length, PICTURE_CASES.length);
  for (const [i, { name }] of PICTURE_CASES.entries()) assert.ok(differences[i] <= 3, name);
}

async function looks(page: Page): Promise<void> {
  for (const [colorScheme, width] of [["light", 1280], ["dark", 320]] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 800 });
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
}

Deno.test("The search page in a browser", async (t) => {
  await withFolder(async (folder) => {
    const site = await buildSmallSite(folder);
    await withServer(site.folder, (url) =>
      withBrowser(async (browser) => {
        const page = await browser.newPage();
        await page.addInitScript(() => {
          const open = GPUAdapter.prototype.requestDevice;
          GPUAdapter.prototype.requestDevice = async function (...args) {
            const device = await open.apply(this, args);
            Object.assign(globalThis, { opened: device });
            return device;
          };
        });
        const complaints = complaintsOf(page);
        const sent: string[] = [];
        page.on("request", (request) => {
          const own = request.url().startsWith(url) || /^(blob|data):/.test(request.url());
          if (request.method() !== "GET" || !own) sent.push(`${request.method()} ${request.url()}`);
        });
        await page.goto(url);
        await page.waitForSelector("#search:not([hidden])", { timeout: 120_000 });

        await t.step("embeds 16 and more JPEGs as Deno does, and ranks them alike", () =>
          checkAgainstDeno(page, site));
        await t.step("is used by keyboard alone", () =>
          useByKeyboard(page, site));
        await t.step("shows what makes a match similar, by focus, pointer and touch", () => compares(page));
        await t.step("shows the names of people and cameras as text, whatever they are", () =>
          showsNames(page, site));
        await t.step("takes files by choice, drop and paste, and says what is no picture", () =>
          giveFiles(page, site));
        await t.step("reads turned pictures, odd colors and webcams' frames as Deno does", () =>
          readsPictures(page, site));
        await t.step("and a browser draws them so in the result of a search", async () => {
          const other = await browser.newPage();
          await drawsResults(other);
          await other.close();
        });
        await t.step("has no fault that axe finds, in either theme, wide and narrow", () =>
          looks(page));
        await t.step("sends nothing anywhere", () =>
          assert.deepEqual([sent, complaints], [[], []]));
        await t.step("says so when the GPU is lost", async () => {
          await page.evaluate(() =>
            (globalThis as unknown as { opened: GPUDevice }).opened.destroy()
          );
          await page.waitForSelector("#failure:not([hidden])");
          assert.match(await page.textContent("#failure") ?? "", /The graphics processor was lost/);
        });
      }));
  });
});

Deno.test("The search page says what is missing", async (t) => {
  await withFolder(async (folder) => {
    await buildPages(folder);
    await withServer(folder, (url) =>
      withBrowser(async (browser) => {
        const open = async (script?: () => void) => {
          const page = await browser.newPage();
          if (script) await page.addInitScript(script);
          await page.goto(url);
          return page;
        };
        await t.step("a gallery", async () => {
          const page = await open();
          await page.waitForSelector("#empty:not([hidden])");
          assert.match(await page.textContent("#empty") ?? "", /deno task web/);
        });
        await t.step("WebGPU", async () => {
          const page = await open(() =>
            Object.defineProperty(Navigator.prototype, "gpu", { value: undefined })
          );
          await page.waitForSelector("#missing:not([hidden])");
          assert.match(await page.textContent("#missing") ?? "", /This browser has no WebGPU/);
          assert.deepEqual(await violations(page), []);
        });
        await t.step("an adapter", async () => {
          const page = await open(() => {
            GPU.prototype.requestAdapter = () => Promise.resolve(null);
          });
          await page.waitForSelector("#missing:not([hidden])");
          assert.match(await page.textContent("#missing") ?? "", /No graphics processor was found/);
        });
      }));
  });
});
