/** What makes a match similar to the query: of the match that the pointer or the focus is on, or that was touched. */
import {
  activationScale,
  type CellMap,
  coloredMap,
  type ColorScale,
  largestMagnitude,
  partsScale,
  rowSums,
} from "../../../data/images/cell_map.ts";
import { messageOf } from "../../../data/errors.ts";
import { itemAt } from "../../../engine/item_at.ts";
import { cosineParts, type ImageCells } from "../../../mod.ts";
import { drawingContext, element } from "../../shell/dom.ts";
import type { GalleryPicture } from "./gallery_format.ts";
import { describe, type MatchItem } from "./matches_view.ts";
import type { Searcher } from "./searcher.ts";

/** Pixels of a map for a cell, each way; the style sheet enlarges it. */
const PIXELS = 8;
/** So long must the pointer rest on a match, in milliseconds: it crosses many on its way. */
const REST = 80;
/** Matches whose cells are kept. */
const KEPT = 200;

/** A match to show. */
interface Wanted {
  readonly query: ImageCells;
  readonly index: number;
  readonly rank: number;
  /** Lies over the match's picture in the list. */
  readonly map: HTMLCanvasElement;
}

/** The two images of a comparison. */
interface Compared extends Wanted {
  readonly match: ImageCells;
}

function draw(canvas: HTMLCanvasElement, map: CellMap, scale: ColorScale): void {
  const width = PIXELS * map.columns, height = PIXELS * map.rows;
  const rgb = coloredMap(map, scale, { width, height });
  [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    image.data.set([...rgb.subarray(3 * pixel, 3 * pixel + 3), 255], 4 * pixel);
  }
  drawingContext(canvas).putImageData(image, 0, 0);
}

/** The maps of a query and its matches. A match is embedded when it is first asked for. */
export class Comparison {
  readonly #kept = new Map<number, ImageCells>();
  readonly #panel = element("comparison");
  readonly #text = element("comparison-text");
  readonly #activations = element("map-activation", HTMLInputElement);
  #query: ImageCells | undefined;
  #wanted: Wanted | undefined;
  #shown: Compared | undefined;
  #busy = false;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** Shows nothing yet. */
  constructor(readonly searcher: Searcher, readonly images: readonly GalleryPicture[]) {
    for (const input of document.querySelectorAll('input[name="map"]')) {
      input.addEventListener("change", () => this.#draw());
    }
  }

  /** Forgets the query before: the next matches are of this one, whose picture has this address. */
  begin(query: ImageCells, address: string): void {
    this.#query = query;
    this.#wanted = this.#shown = undefined;
    this.#panel.classList.remove("has-pair");
    this.#panel.hidden = false;
    element("compared-query", HTMLImageElement).src = address;
    this.#text.textContent = "Point at a match, or choose one by Tab or a touch.";
  }

  /** There is no query. */
  end(): void {
    this.#query = this.#wanted = this.#shown = undefined;
    this.#panel.hidden = true;
  }

  /** Lets a match of the list be compared. */
  add({ button, map }: MatchItem, index: number, rank: number): void {
    const show = () => {
      clearTimeout(this.#rest);
      if (this.#query === undefined) return;
      this.#wanted = { query: this.#query, index, rank, map };
      this.#work();
    };
    button.addEventListener("focus", show);
    button.addEventListener("click", show); // Safari does not focus a button that is clicked.
    button.addEventListener("pointerenter", ({ pointerType }) => {
      if (pointerType !== "touch") this.#rest = setTimeout(show, REST);
    });
    button.addEventListener("pointerleave", () => clearTimeout(this.#rest));
  }

  /** Embeds the match that is wanted last, one at a time. */
  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#wanted !== undefined) {
      const wanted = this.#wanted;
      this.#wanted = undefined;
      try {
        const match = await this.#cellsOf(wanted.index);
        if (wanted.query === this.#query) this.#show({ ...wanted, match });
      } catch (error) {
        this.#text.textContent = `Match ${wanted.rank} cannot be compared: ${messageOf(error)}.`;
      }
    }
    this.#busy = false;
  }

  async #cellsOf(index: number): Promise<ImageCells> {
    const kept = this.#kept.get(index);
    if (kept !== undefined) return kept;
    const response = await fetch(itemAt(this.images, index).picture);
    if (!response.ok) throw new Error(`the site does not have it any more (${response.status})`);
    const { cells } = await this.searcher.cells(new Uint8Array(await response.arrayBuffer()));
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= KEPT) this.#kept.delete(oldest);
    this.#kept.set(index, cells);
    return cells;
  }

  #show(compared: Compared): void {
    this.#shown?.map.classList.remove("current");
    this.#shown = compared;
    compared.map.classList.add("current");
    element("compared-match", HTMLImageElement).src = itemAt(this.images, compared.index).picture;
    this.#panel.classList.add("has-pair");
    this.#draw();
  }

  #draw(): void {
    if (this.#shown === undefined) return;
    const { query, match, map, rank, index } = this.#shown;
    const { cosine, ...parts } = cosineParts(query.cells, match.cells, query.embedding.length);
    const activations = this.#activations.checked;
    const mapOf = ({ rows, columns, activation }: ImageCells, values: Float64Array): CellMap => (
      { rows, columns, values: activations ? activation : values }
    );
    const queryMap = mapOf(query, parts.query), matchMap = mapOf(match, parts.match);
    const limit = largestMagnitude({ values: parts.query }, { values: parts.match });
    const scaleOf = (map: CellMap) => activations ? activationScale(map) : partsScale(limit);
    draw(element("compared-query-map", HTMLCanvasElement), queryMap, scaleOf(queryMap));
    for (const canvas of [map, element("compared-match-map", HTMLCanvasElement)]) {
      draw(canvas, matchMap, scaleOf(matchMap));
    }
    const byHeight = rowSums({ ...match, values: parts.match }).map((sum) => sum.toFixed(2)).join(", ");
    this.#text.textContent = `Match ${rank}, ${describe(itemAt(this.images, index))}: cosine ${
      cosine.toFixed(2)
    }. Of it by height, from the top: ${byHeight}.`;
    const bar = {
      rows: 1,
      columns: 33,
      values: Array.from({ length: 33 }, (_, i) => activations ? i : i - 16),
    };
    draw(
      element("map-scale", HTMLCanvasElement),
      bar,
      activations ? activationScale(bar) : partsScale(16),
    );
    element("map-from").textContent = activations ? "0" : `−${limit.toFixed(2)}`;
    element("map-to").textContent = activations ? "the picture's highest" : `+${limit.toFixed(2)} a cell`;
  }
}
