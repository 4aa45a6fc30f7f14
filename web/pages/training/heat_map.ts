/** The batch's distance matrix as a picture, in words, and as a table of means between people. */
import { type Color, viridis } from "../../../data/images/color_scales.ts";
import { itemAt } from "../../../engine/item_at.ts";
import { drawingContext, element, make } from "../../shell/dom.ts";
import type { StepView } from "./session.ts";

/** No two points of length one are farther apart; two at right angles are √2 apart. */
const FARTHEST = Math.SQRT2;

/** The color of a distance: yellow near, dark violet far. */
export function colorOf(distance: number): Color {
  return viridis(1 - distance / FARTHEST);
}

/** Mean distances over pairs of a batch's pictures, of the same person and of two people. */
export interface PairMeans {
  readonly people: readonly number[];
  /** [people][people]; the diagonal is over different pictures of one person. NaN if there is no such pair. */
  readonly between: readonly (readonly number[])[];
  readonly sameMean: number;
  readonly otherMean: number;
}

/** The means of a step. */
export function pairMeans({ distances, identity }: StepView): PairMeans {
  const people = [...new Set(identity)];
  const sums = people.map(() => people.map(() => ({ sum: 0, pairs: 0 })));
  const same = { sum: 0, pairs: 0 }, other = { sum: 0, pairs: 0 };
  for (const [a, person] of identity.entries()) {
    const row = itemAt(sums, people.indexOf(person));
    for (const [b, otherPerson] of identity.entries()) {
      if (a === b) continue;
      const cell = itemAt(row, people.indexOf(otherPerson));
      for (const total of [cell, person === otherPerson ? same : other]) {
        total.sum += itemAt(distances, a * identity.length + b);
        total.pairs++;
      }
    }
  }
  const mean = ({ sum, pairs }: { sum: number; pairs: number }) => sum / pairs;
  return { people, between: sums.map((row) => row.map(mean)), sameMean: mean(same), otherMean: mean(other) };
}

/** Draws the matrix of each step, and its table while that is open. */
export class HeatMap {
  readonly #map = element("heat-map", HTMLCanvasElement);
  readonly #text = element("heat-text");
  readonly #details = element("heat-details", HTMLDetailsElement);
  readonly #table = element("heat-table");
  #view: StepView | undefined;

  constructor() {
    const scale = element("heat-scale", HTMLCanvasElement);
    scale.width = 128;
    scale.height = 1;
    const context = drawingContext(scale);
    for (let x = 0; x < scale.width; x++) {
      context.fillStyle = `rgb(${colorOf(x / (scale.width - 1) * FARTHEST).join()})`;
      context.fillRect(x, 0, 1, 1);
    }
    this.#details.addEventListener("toggle", () => this.#showTable());
  }

  /** Shows a step. */
  show(view: StepView): void {
    this.#view = view;
    const n = view.identity.length;
    // One pixel for each pair; the style sheet enlarges it without smoothing.
    if (this.#map.width !== n) this.#map.width = this.#map.height = n;
    const image = new ImageData(n, n);
    for (const [i, distance] of view.distances.entries()) image.data.set([...colorOf(distance), 255], 4 * i);
    drawingContext(this.#map).putImageData(image, 0, 0);
    const { people, sameMean, otherMean } = pairMeans(view);
    const means = `mean within a person ${sameMean.toFixed(2)}, between people ${otherMean.toFixed(2)}`;
    this.#map.ariaLabel = `Distances of ${n} pictures of ${people.length} people: ${means}`;
    this.#text.textContent = means.replace(/^m/, "M");
    this.#showTable();
  }

  /** Shows nothing. */
  clear(): void {
    this.#view = undefined;
    this.#map.width = this.#map.height = 1;
    this.#map.ariaLabel = "Distances in the batch: no step yet";
    this.#text.textContent = "No step yet.";
    this.#table.replaceChildren();
  }

  #showTable(): void {
    if (!this.#details.open || !this.#view) return;
    const { people, between } = pairMeans(this.#view);
    const cell = (tag: "th" | "td", textContent: string, scope?: string) =>
      make(tag, { textContent, className: "number", ...(scope && { scope }) });
    const table = make("table");
    table.createCaption().textContent =
      `Mean distance of the pictures of two people, at step ${this.#view.step}`;
    table.createTHead().insertRow().append(
      cell("td", ""),
      ...people.map((person) => cell("th", `${person + 1}`, "col")),
    );
    const body = table.createTBody();
    people.forEach((person, i) => {
      body.insertRow().append(
        cell("th", `person ${person + 1}`, "row"),
        ...itemAt(between, i).map((mean) => cell("td", Number.isNaN(mean) ? "–" : mean.toFixed(2))),
      );
    });
    this.#table.replaceChildren(table);
  }
}
