/**
 * Page two in a real browser: it trains as Deno does, and shows what it does to anybody. Its adapter seems a GPU: its
 * kernels are those that nearly all visitors run, and Deno's those for software adapters.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { Device } from "../../engine/mod.ts";
import { buildPages } from "../../web/build.ts";
import { drawPeople } from "../../web/pages/training/people.ts";
import { type StepView, TrainingSession } from "../../web/pages/training/session.ts";
import type {} from "../../web/pages/training/messages.ts"; // Declares latestStep.
import { checkSettings, type RunSettings } from "../../web/pages/training/settings.ts";
import { withFolder } from "../cli/run_task.ts";
import { complaintsOf, pretendGpu, violations, waitUntil, withBrowser, withServer } from "./browser.ts";

/** Milliseconds. Software compiles the network's shaders in half a minute where nothing else runs. */
const PATIENCE = 180_000;
const STEPS = 3;
/** People in a batch, and pictures of each. */
const PEOPLE = 3, PICTURES = 2;
/** Pictures of each person by each of the page's cameras. */
const EACH = 2;

type Plain<T> = { [K in keyof T]: T[K] extends ArrayLike<number> ? number[] : T[K] };

/** The settings that the page's fields have. */
async function settingsOf(page: Page): Promise<RunSettings> {
  const values = await page.evaluate(() =>
    Object.fromEntries(
      Array.from(
        document.querySelectorAll<HTMLInputElement | HTMLSelectElement>("#settings input, #settings select"),
        (field) => [field.id, "valueAsNumber" in field ? field.valueAsNumber : field.value],
      ),
    )
  );
  const settings = checkSettings(values);
  if (typeof settings === "string") assert.fail(settings);
  return settings;
}

/** What Deno makes of the same run. */
async function stepsOfDeno(settings: RunSettings): Promise<StepView[]> {
  const people = drawPeople({ first: 0, count: settings.people, each: EACH }, () => {});
  const device = await Device.open({ constants: "uniform" }); // Fewer pipelines to compile.
  const session = await TrainingSession.open(device, people, settings);
  const views: StepView[] = [];
  for (let step = 0; step < STEPS; step++) views.push(await session.step());
  session.destroy();
  device.destroy();
  return views;
}

/** Makes one step with the keyboard alone. */
async function pressStep(page: Page, step: number): Promise<Plain<StepView>> {
  await page.focus("#step");
  await page.keyboard.press("Enter");
  await waitUntil(page, (step) => globalThis.latestStep?.step === step, step, PATIENCE / 1000);
  return await page.evaluate(() => {
    const { images, identity, distances, embeddings, ...numbers } = globalThis.latestStep!;
    return {
      ...numbers,
      images: [...images],
      identity: [...identity],
      distances: [...distances],
      embeddings: [...embeddings],
    };
  });
}

function assertNear(found: readonly number[], expected: ArrayLike<number>, most: number, what: string): void {
  assert.equal(found.length, expected.length, what);
  const worst = found.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
  assert.ok(worst <= most, `${what}: off by ${worst}`);
}

async function checkAgainstDeno(page: Page): Promise<void> {
  const expected = await stepsOfDeno(await settingsOf(page));
  const found: Plain<StepView>[] = [];
  for (let step = 1; step <= STEPS; step++) found.push(await pressStep(page, step));
  for (const [i, view] of found.entries()) {
    const { images, identity, distances, loss } = expected[i]!;
    assert.deepEqual(view.images, [...images]);
    assert.deepEqual(view.identity, [...identity]);
    assert.ok(Math.max(...distances) > 0.1);
    // Adam's first updates are the gradients' signs: where those are next to nothing, another rounding turns them, and
    // each step moves the weights further apart.
    const most = i === 0 ? 1e-4 : 1.5e-2 * i;
    assertNear(view.distances, distances, most, `distances of step ${i + 1}`);
    assertNear([view.loss], [loss], most, `loss of step ${i + 1}`);
  }
}

/** What a visitor sees, and what a screen reader says. */
async function checkViews(page: Page): Promise<void> {
  await waitUntil(page, (text) => document.querySelector("#read-step")!.textContent === text, `${STEPS}`, 10);
  const { loss, distances, images } = await page.evaluate(() => {
    const { loss, distances, images } = globalThis.latestStep!;
    return { loss, distances: [...distances], images: images.length };
  });
  assert.equal(await page.textContent("#read-loss"), loss.toFixed(3));
  // The heat map has a square of its own color for every distance: on the diagonal the one of no distance.
  const colors = await page.evaluate((images) => {
    const canvas = document.querySelector<HTMLCanvasElement>("#heat-map")!;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: images * images }, (_, at) => {
      const middle = (i: number, extent: number) => Math.floor((i + 0.5) * extent / images);
      const [row, column] = [
        middle(Math.floor(at / images), canvas.height),
        middle(at % images, canvas.width),
      ];
      return [...data.slice(4 * (row * canvas.width + column), 4 * (row * canvas.width + column) + 3)].join();
    });
  }, images);
  for (let i = 0; i < images; i++) assert.equal(colors[i * images + i], colors[0]);
  const far = distances.indexOf(Math.max(...distances));
  assert.notEqual(colors[far], colors[0]);
  assert.equal(colors[far % images * images + Math.floor(far / images)], colors[far]); // As far the other way.
  assert.match((await page.getAttribute("#heat-map", "aria-label"))!, /\d\.\d\d/);
  const labels = await page.$$eval(
    "#triplets li:not([hidden]) canvas",
    (pictures) => pictures.map((picture) => picture.getAttribute("aria-label")!),
  );
  assert.ok(labels.length >= 3);
  for (const [i, label] of labels.entries()) {
    assert.match(label, new RegExp(`^${["anchor", "positive", "negative"][i % 3]}: person \\d+$`));
  }
  assert.deepEqual(await violations(page), []);
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
}

async function checkFaults(page: Page): Promise<void> {
  const stepped = await page.$eval("#margin", (margin: HTMLInputElement) => {
    margin.stepUp();
    const { value } = margin;
    margin.stepDown();
    return value;
  });
  assert.equal(stepped, "0.35");
  await page.fill("#p", "1");
  await page.locator("#p").blur();
  assert.match((await page.textContent("#settings-error"))!, /P must be a whole number from 2 to 16/);
  await page.fill("#p", `${PEOPLE}`);
  await page.fill("#learningRate", "1e30");
  await page.locator("#learningRate").blur();
  assert.ok(await page.isHidden("#settings-error"));
  await page.click("#run");
  await page.waitForSelector("#failure:not([hidden])", { timeout: PATIENCE });
  assert.match(
    (await page.textContent("#failure"))!,
    /diverged.*no longer a finite number.*Lower the learning rate/s,
  );
  assert.ok(await page.isDisabled("#step") && await page.isEnabled("#reset"));
}

Deno.test("page two trains as Deno does, shows it, and tells what goes wrong", async () => {
  await withFolder(async (folder) => {
    await buildPages(folder);
    await withServer(folder, (url) =>
      withBrowser(async (browser) => {
        const page = await browser.newPage();
        const complaints = complaintsOf(page);
        await pretendGpu(page, `${url}training_worker.js`);
        await page.goto(`${url}training.html`);
        await page.waitForSelector("#step:enabled", { timeout: PATIENCE });
        await page.fill("#p", `${PEOPLE}`); // The kernels for GPUs are slow without one.
        await page.fill("#k", `${PICTURES}`);
        await page.locator("#k").blur();
        assert.match((await page.textContent("#adapter"))!, /^Computing on a GPU\.$/);
        await checkAgainstDeno(page);
        await checkViews(page);
        await checkFaults(page);
        assert.deepEqual(complaints, []);
      }));
  });
});
