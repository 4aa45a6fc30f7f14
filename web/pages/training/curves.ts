/** Small charts of the run so far, one below the other over the same steps. */
import { make } from "../../shell/dom.ts";

/** Options of a chart. */
export interface CurveOptions {
  readonly title: string;
  /** Formats a value. */
  readonly format: (value: number) => string;
  /** The end of the axis. Default: it grows with the values. */
  readonly most?: number;
  /** Draws a mark at each value. Default: a line through all values, and their running mean. */
  readonly sparse?: boolean;
}

interface Point {
  readonly step: number;
  readonly value: number;
}

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 108, LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 20;

/** The most points of a line; more are averaged into this many. */
const MOST_POINTS = 400;

/** Weight of the past in the running mean. */
const SMOOTHING = 0.9;

/** A chart: a figure with its title, its latest value and a line. */
export class Curve {
  readonly #points: Point[] = [];
  readonly #svg: SVGSVGElement;
  readonly #latest: HTMLElement;
  #width = 0;
  #lastStep = 1;

  constructor(charts: HTMLElement, readonly options: CurveOptions) {
    this.#latest = make("span", { className: "number" });
    const caption = make("figcaption", {}, make("span", { textContent: options.title }), this.#latest);
    this.#svg = document.createElementNS(SVG, "svg");
    this.#svg.role = "img";
    this.#svg.setAttribute("height", `${HEIGHT}`);
    const figure = make("figure", {}, caption, this.#svg);
    charts.append(figure);
    new ResizeObserver((entries) => {
      for (const { contentRect } of entries) this.#width = Math.floor(contentRect.width);
      this.draw(this.#lastStep);
    }).observe(figure);
  }

  /** Adds a value; nothing is drawn yet. */
  add(step: number, value: number): void {
    this.#points.push({ step, value });
  }

  /** Forgets all values. */
  clear(): void {
    this.#points.length = 0;
    this.draw(1);
  }

  /** Draws all values over steps 0 to `lastStep`. */
  draw(lastStep: number): void {
    this.#lastStep = lastStep;
    const { format, title, sparse } = this.options;
    const points = this.#points;
    const [first] = points, latest = points.at(-1);
    const described = (point: Point) => `${format(point.value)} at step ${point.step}`;
    this.#latest.textContent = latest ? format(latest.value) : "–";
    this.#svg.ariaLabel = first && latest
      ? `${title}: from ${described(first)} to ${described(latest)}`
      : `${title}: no values yet`;
    if (this.#width <= LEFT + RIGHT) return;
    const most = this.options.most ?? roundUp(Math.max(0, ...points.map(({ value }) => value)));
    const steps = Math.max(10, lastStep);
    const x = (step: number) => LEFT + (this.#width - LEFT - RIGHT) * step / steps;
    const y = (value: number) => HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * Math.min(1, value / most);
    const parts: SVGElement[] = [];
    const text = (at: { x: number; y: number; anchor: string }, content: string) => {
      const element = shape("text", { x: at.x, y: at.y, "text-anchor": at.anchor });
      element.textContent = content;
      parts.push(element);
    };
    for (const value of [0, most / 2, most]) {
      parts.push(
        shape("line", { class: "grid", x1: LEFT, x2: this.#width - RIGHT, y1: y(value), y2: y(value) }),
      );
      text({ x: LEFT - 6, y: y(value) + 4, anchor: "end" }, format(value));
    }
    text({ x: LEFT, y: HEIGHT - 4, anchor: "start" }, "0");
    text({ x: this.#width - RIGHT, y: HEIGHT - 4, anchor: "end" }, `step ${steps}`);
    const path = (line: readonly Point[]) =>
      line.map(({ step, value }, i) => `${i ? "L" : "M"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join(
        "",
      );
    if (points.length > 0) {
      if (sparse) {
        parts.push(shape("path", { class: "mean", d: path(points) }));
        for (const { step, value } of points) {
          parts.push(shape("circle", { class: "mark", cx: x(step), cy: y(value), r: 2.5 }));
        }
      } else {
        parts.push(shape("path", { class: "raw", d: path(thinned(points)) }));
        parts.push(shape("path", { class: "mean", d: path(thinned(runningMean(points))) }));
      }
    }
    this.#svg.setAttribute("width", `${this.#width}`);
    this.#svg.setAttribute("viewBox", `0 0 ${this.#width} ${HEIGHT}`);
    this.#svg.replaceChildren(...parts);
  }
}

function shape(tag: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
  return element;
}

/** 1, 2 or 5 times a power of ten, not below the value. */
function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5].map((factor) => factor * power).find((end) => end >= value) ?? 10 * power;
}

/** Exponential mean, corrected for its start at zero. */
function runningMean(points: readonly Point[]): Point[] {
  let sum = 0, weight = 0;
  return points.map(({ step, value }) => {
    sum = SMOOTHING * sum + (1 - SMOOTHING) * value;
    weight = SMOOTHING * weight + (1 - SMOOTHING);
    return { step, value: sum / weight };
  });
}

/** At most {@link MOST_POINTS} points, each the mean of a group of neighbors. */
function thinned(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  const bins: Point[] = [];
  for (let from = 0; from < points.length; from += size) {
    const bin = points.slice(from, from + size);
    const mean = (of: (point: Point) => number) =>
      bin.reduce((sum, point) => sum + of(point), 0) / bin.length;
    bins.push({ step: mean(({ step }) => step), value: mean(({ value }) => value) });
  }
  return bins;
}
