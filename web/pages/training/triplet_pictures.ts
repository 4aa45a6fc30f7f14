/** The hardest triplets as pictures: anchor, farthest positive, nearest negative, with their distances. */
import { hardestTriplets, type HardTriplet } from "./hardest_triplets.ts";
import type { StepView } from "./session.ts";

const SHOWN = 6;

const ROLES = ["anchor", "positive", "negative"] as const;

/** Draws a picture of the run's people into a canvas. */
export type DrawPicture = (canvas: HTMLCanvasElement, picture: number) => void;

/** A list whose items are made once and then filled again at every step. */
export class TripletPictures {
  readonly #items: {
    item: HTMLLIElement;
    canvases: HTMLCanvasElement[];
    texts: HTMLElement[];
    verdict: HTMLElement;
  }[];

  constructor(list: HTMLOListElement, readonly size: { readonly width: number; readonly height: number }) {
    this.#items = Array.from({ length: SHOWN }, () => {
      const item = document.createElement("li");
      const canvases: HTMLCanvasElement[] = [], texts: HTMLElement[] = [];
      for (const role of ROLES) {
        const figure = document.createElement("figure");
        figure.className = role;
        const canvas = document.createElement("canvas");
        canvas.width = size.width;
        canvas.height = size.height;
        canvas.setAttribute("role", "img");
        const caption = document.createElement("figcaption");
        const name = document.createElement("span");
        name.textContent = role;
        const text = document.createElement("span");
        text.className = "number";
        caption.append(name, text);
        figure.append(canvas, caption);
        item.append(figure);
        canvases.push(canvas);
        texts.push(text);
      }
      const verdict = document.createElement("p");
      item.append(verdict);
      item.hidden = true;
      list.append(item);
      return { item, canvases, texts, verdict };
    });
  }

  /** Shows the hardest triplets of a step. */
  show(view: StepView, margin: number, draw: DrawPicture): void {
    const triplets = hardestTriplets(view.distances, view.identity, SHOWN);
    this.#items.forEach(({ item, canvases, texts, verdict }, i) => {
      const triplet = triplets[i];
      item.hidden = triplet === undefined;
      if (!triplet) return;
      const { positiveDistance, negativeDistance } = triplet;
      const distances = [undefined, positiveDistance, negativeDistance];
      ROLES.forEach((role, at) => {
        draw(canvases[at], view.images[triplet[role]]);
        canvases[at].setAttribute("aria-label", `${role}: person ${view.identity[triplet[role]] + 1}`);
        const distance = distances[at];
        texts[at].textContent = distance === undefined
          ? `person ${view.identity[triplet.anchor] + 1}`
          : `d = ${distance.toFixed(2)}`;
      });
      verdict.textContent = verdictOf(triplet, margin);
    });
  }

  /** Shows none. */
  clear(): void {
    for (const { item } of this.#items) item.hidden = true;
  }
}

function verdictOf({ positiveDistance, negativeDistance }: HardTriplet, margin: number): string {
  if (negativeDistance <= positiveDistance) return "Wrong: the negative is nearer.";
  return negativeDistance < positiveDistance + margin
    ? "Right, within the margin."
    : "Right, by more than the margin.";
}
