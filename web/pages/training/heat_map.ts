/** The batch's distance matrix as a picture, in words, and as a table of means between people. */
import type { StepView } from "./session.ts";

/** No two points of length one are farther apart; two at right angles are √2 apart. */
const FARTHEST = Math.SQRT2;

/**
 * Near to far: yellow, green, blue, dark violet. Lightness falls all the way, so that the order is seen by every kind of
 * eye and on a print without colors. Corner points read off viridis (van der Walt and Smith, 2015).
 */
const RAMP: readonly (readonly [number, number, number])[] = [
  [253, 231, 37],
  [160, 218, 57],
  [74, 193, 109],
  [31, 161, 135],
  [39, 127, 142],
  [54, 92, 141],
  [70, 50, 126],
  [68, 1, 84],
];

/** The color of a distance, by linear steps between the ramp's points. */
export function colorOf(distance: number): [number, number, number] {
  const at = Math.min(1, Math.max(0, distance / FARTHEST)) * (RAMP.length - 1);
  const from = Math.min(RAMP.length - 2, Math.floor(at)), share = at - from;
  return [0, 1, 2].map((c) => Math.round(RAMP[from][c] * (1 - share) + RAMP[from + 1][c] * share)) as [
    number,
    number,
    number,
  ];
}

/** Means over the pairs of a batch's pictures, of one person and of two. */
export interface PairMeans {
  readonly people: readonly number[];
  /** [people][people]; on the diagonal of different pictures of one person. NaN where there is no such pair. */
  readonly between: readonly (readonly number[])[];
  readonly sameMean: number;
  readonly otherMean: number;
}

/** What the map shows, in numbers. */
export function pairMeans({ distances, identity }: StepView): PairMeans {
  const people = [...new Set(identity)];
  const place = new Map(people.map((person, i) => [person, i]));
  const sums = people.map(() => people.map(() => ({ sum: 0, pairs: 0 })));
  const same = { sum: 0, pairs: 0 }, other = { sum: 0, pairs: 0 };
  const n = identity.length;
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      if (a === b) continue;
      const cell = sums[place.get(identity[a])!][place.get(identity[b])!];
      for (const total of [cell, identity[a] === identity[b] ? same : other]) {
        total.sum += distances[a * n + b];
        total.pairs++;
      }
    }
  }
  const mean = ({ sum, pairs }: { sum: number; pairs: number }) => sum / pairs;
  return { people, between: sums.map((row) => row.map(mean)), sameMean: mean(same), otherMean: mean(other) };
}

/** The elements that the map is drawn into. */
export interface HeatMapElements {
  readonly map: HTMLCanvasElement;
  readonly scale: HTMLCanvasElement;
  readonly text: HTMLElement;
  readonly details: HTMLDetailsElement;
  readonly table: HTMLElement;
}

/** Draws every step's matrix; the table is only made while it is open. */
export class HeatMap {
  #view: StepView | undefined;

  constructor(readonly elements: HeatMapElements) {
    const { scale, details } = elements;
    scale.width = 128;
    scale.height = 1;
    const context = scale.getContext("2d")!;
    for (let x = 0; x < scale.width; x++) {
      context.fillStyle = `rgb(${colorOf(x / (scale.width - 1) * FARTHEST).join()})`;
      context.fillRect(x, 0, 1, 1);
    }
    details.addEventListener("toggle", () => this.#showTable());
  }

  /** Shows a step. */
  show(view: StepView): void {
    this.#view = view;
    const { map, text } = this.elements;
    const n = view.identity.length;
    // One pixel for every pair; the style sheet enlarges it without smoothing.
    if (map.width !== n) map.width = map.height = n;
    const image = new ImageData(n, n);
    for (let i = 0; i < n * n; i++) {
      image.data.set(colorOf(view.distances[i]), 4 * i);
      image.data[4 * i + 3] = 255;
    }
    map.getContext("2d")!.putImageData(image, 0, 0);
    const { people, sameMean, otherMean } = pairMeans(view);
    const means = `mean within a person ${sameMean.toFixed(2)}, between people ${otherMean.toFixed(2)}`;
    map.setAttribute("aria-label", `Distances of ${n} pictures of ${people.length} people: ${means}`);
    text.textContent = means[0].toUpperCase() + means.slice(1);
    this.#showTable();
  }

  /** Shows nothing. */
  clear(): void {
    this.#view = undefined;
    const { map, text, table } = this.elements;
    map.width = map.height = 1;
    map.setAttribute("aria-label", "Distances in the batch: no step yet");
    text.textContent = "No step yet.";
    table.replaceChildren();
  }

  #showTable(): void {
    const { details, table: frame } = this.elements;
    if (!details.open || !this.#view) return;
    const { people, between } = pairMeans(this.#view);
    const cell = (tag: "th" | "td", text: string, scope?: string) => {
      const element = document.createElement(tag);
      element.textContent = text;
      element.className = "number";
      if (scope) element.setAttribute("scope", scope);
      return element;
    };
    const table = document.createElement("table");
    const caption = table.createCaption();
    caption.textContent = `Mean distance of the pictures of two people, at step ${this.#view.step}`;
    table.createTHead().insertRow().append(
      cell("td", ""),
      ...people.map((person) => cell("th", `${person + 1}`, "col")),
    );
    const body = table.createTBody();
    between.forEach((row, i) => {
      body.insertRow().append(
        cell("th", `person ${people[i] + 1}`, "row"),
        ...row.map((mean) => cell("td", Number.isNaN(mean) ? "–" : mean.toFixed(2))),
      );
    });
    frame.replaceChildren(table);
  }
}
