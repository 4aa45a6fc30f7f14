/** The page of an inspection: counts and plots, then what was found, with pictures. It needs nothing besides itself. */
import * as Plot from "@observablehq/plot";
import { basename } from "node:path";
import { cameraName } from "../data/dataset.ts";
import { itemAt } from "../engine/item_at.ts";
import { type Html, html, htmlPage, scrollTable } from "../train/report/html.ts";
import { figure, figures, section } from "../train/report/page_parts.ts";
import reportStyle from "../train/report/report.css" with { type: "text" };
import { pagePlot } from "../train/report/plots.ts";
import theme from "../train/report/theme.css" with { type: "text" };
import { type Quantiles, quantiles } from "./counts.ts";
import { type Find, type FindList, type FoundImage, MOST_OF_A_FIND } from "./finds.ts";
import style from "./page.css" with { type: "text" };
import type { Inspection } from "./inspection.ts";
import { personName } from "./read_images.ts";

const count = (value: number) => value.toLocaleString("en");

/** Broken files that are shown. */
const MOST_BROKEN = 100;

/**
 * Draws the page.
 *
 * @param lists what was found, as far as it is shown.
 * @param pictures addresses by path.
 */
export function inspectionPage(
  inspection: Inspection,
  lists: readonly FindList[],
  pictures: ReadonlyMap<string, string>,
): string {
  const { dataset, images, broken } = inspection;
  const title = `Inspection of ${basename(dataset.root)}`;
  const body = html`
    <main>
    <header><h1>${title}</h1>
    <p>${dataset.name}, ${count(images.length)} images in ${dataset.root}. Nothing in it was changed.</p>
    ${dataset.warnings.map((warning) => html`<p class="note">${warning}</p>`)}</header>
    ${cards(inspection, lists)}
    ${countsSections(inspection)}
    ${broken.length > 0 ? brokenSection(inspection) : ""}
    ${lists.map((list) => findSection(inspection, list, pictures))}
    </main>
  `;
  return htmlPage(title, theme + reportStyle + style, body);
}

function cards({ broken }: Inspection, lists: readonly FindList[]): Html {
  const card = (name: string, value: number) =>
    html`
      <div class="card">
        <dt>${name}</dt>
        <dd>${count(value)}</dd>
      </div>
    `;
  return html`
    <dl class="cards">
    ${card("Broken files", broken.length)}${lists.flatMap(({ title, total }) =>
      total === undefined ? [] : [card(title, total)]
    )}</dl>
  `;
}

function countsSections({ counts, images }: Inspection): Html {
  const cells = (values: readonly number[]) =>
    values.map((value) => html`<td>${count(Math.round(value))}</td>`);
  const parts = scrollTable({
    label: "Images by part",
    kind: "counts",
    head: ["images", "people", "cameras"],
    rows: counts.parts.map(({ part, images, people, cameras }) => [part, cells([images, people, cameras])]),
  });
  const cameras = scrollTable({
    label: "Images by camera",
    kind: "counts",
    head: ["images", "people", "height", "brightness", "sharpness"],
    rows: counts.cameras.map((
      { camera, images, people, height, brightness, sharpness },
    ) => [camera, cells([images, people, height, brightness, sharpness])]),
  });
  const { people } = counts;
  const ofPerson = people.map(({ images }) => images);
  const once = people.filter(({ images }) => images === 1).length;
  const oneCamera = people.filter(({ cameras }) => cameras === 1).length;
  const peopleText = `${count(people.length)} people; ${count(once)} with one image, ${
    count(oneCamera)
  } seen by one camera only.`;
  const range = ({ min, p5, median, p95, max }: Quantiles) =>
    `From ${min.toFixed(0)} to ${max.toFixed(0)}; median ${median.toFixed(0)}, nine in ten from ${
      p5.toFixed(0)
    } to ${p95.toFixed(0)}.`;
  return section(
    "Images",
    "Brightness is the mean luma, from 0 to 255. Sharpness is the variance of the luma's Laplacian at 128 × 64 pixels. " +
      "In the table of cameras, height, brightness and sharpness are medians.",
    parts,
    cameras,
    figures(
      figure(
        "Images of a person",
        histogram("images of a person", ofPerson, 1),
        peopleText,
      ),
      figure(
        "Height in pixels",
        histogram("height", images.map(({ height }) => height), 1),
        range(counts.height),
      ),
      figure(
        "Brightness",
        histogram("brightness", images.map(({ brightness }) => brightness)),
        range(counts.brightness),
      ),
      figure(
        "Sharpness",
        histogram("sharpness", images.map(({ sharpness }) => sharpness)),
        range(counts.sharpness),
      ),
    ),
  );
}

/** A histogram of about 40 bins. @param step the least width of a bin: 1 where values are integers. */
function histogram(label: string, values: readonly number[], step = 0): Html {
  if (values.length === 0) return html``;
  const { min, max } = quantiles(values);
  const width = Math.max(step, (max - min) / 40) || 1;
  const bins = step > 0 ? { interval: Math.ceil(width) } : max > min ? { thresholds: 40 } : { interval: 1 };
  return pagePlot(`Histogram: ${label}`, {
    height: 220,
    x: { label, ticks: 6, nice: true },
    y: { label: "count", grid: true, ticks: 5, nice: true },
    marks: [
      Plot.rectY(values, {
        ...Plot.binX({ y: "count" }, { x: (value: number) => value, ...bins }),
        fill: "var(--series-1)",
        inset: 0.5,
      }),
      Plot.ruleY([0]),
    ],
  });
}

function brokenSection({ broken }: Inspection): Html {
  const shown = broken.slice(0, MOST_BROKEN);
  const items = shown.map(({ path, reason }) => html`<li>${path}: <b>${reason}</b></li>`);
  return section(
    "Broken files",
    shownOf(shown.length, broken.length),
    html`<ul class="broken">${items}</ul>`,
  );
}

function shownOf(shown: number, total: number): string {
  if (total === 0) return "None was found.";
  return shown === total
    ? `Found: ${count(total)}.`
    : `Found: ${count(total)}; shown: the first ${count(shown)}.`;
}

function findSection(
  inspection: Inspection,
  { title, lead, total, finds }: FindList,
  pictures: ReadonlyMap<string, string>,
): Html {
  const known = total === undefined ? lead : `${lead} ${shownOf(finds.length, total)}`;
  if (finds.length === 0) return section(title, known);
  return section(
    title,
    known,
    html`<ul class="finds">${finds.map((find) => findItem(inspection, find, pictures))}</ul>`,
  );
}

function findItem(
  inspection: Inspection,
  { images, note }: Find,
  pictures: ReadonlyMap<string, string>,
): Html {
  const more = images.length - MOST_OF_A_FIND;
  const shown = images.slice(0, MOST_OF_A_FIND).map((image) => card(inspection, image, pictures));
  const lines = [note, more > 0 ? `and ${count(more)} more` : undefined].filter((line) => line !== undefined);
  return html`
    <li><div class="find-pictures">${shown}</div>${lines.map((line) => html`<p>${line}</p>`)}</li>
  `;
}

function card(
  inspection: Inspection,
  { image, note }: FoundImage,
  pictures: ReadonlyMap<string, string>,
): Html {
  const { dataset } = inspection;
  const { path, identity, camera, parts } = itemAt(inspection.images, image);
  const person = personName(dataset, identity);
  const address = pictures.get(path);
  const alt = `${person}, camera ${cameraName(dataset, camera)}`;
  return html`
    <figure>${address === undefined
      ? html`<span class="missing">no picture</span>`
      : html`<img src="${address}" alt="${alt}" width="64" height="128">`}<figcaption><b>${person}</b>${note ===
        undefined
      ? ""
      : html`
        <i>${note}</i>
      `}
    <span>camera ${cameraName(dataset, camera)}, ${parts.join(", ")}</span>
    <span class="file" title="${path}">${basename(path)}</span></figcaption></figure>
  `;
}
