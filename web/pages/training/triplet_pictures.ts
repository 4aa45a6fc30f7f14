/** The hardest triplets as pictures: anchor, farthest positive, nearest negative, with their distances. */
import { itemAt } from "../../../engine/item_at.ts";
import { make } from "../../shell/dom.ts";
import { hardestTriplets, type HardTriplet } from "./hardest_triplets.ts";
import type { StepView } from "./session.ts";

const SHOWN = 6;

const ROLES = ["anchor", "positive", "negative"] as const;

/** Draws a picture of the run's people into a canvas. */
export type DrawPicture = (canvas: HTMLCanvasElement, picture: number) => void;

/** A list with fixed items, whose contents each step replaces. */
export class TripletPictures {
  readonly #items;

  constructor(list: HTMLElement, size: { readonly width: number; readonly height: number }) {
    this.#items = Array.from({ length: SHOWN }, () => {
      const figures = ROLES.map((role) => {
        const canvas = make("canvas", { ...size, role: "img" });
        const text = make("span", { className: "number" });
        const caption = make("figcaption", {}, make("span", { textContent: role }), text);
        return { role, canvas, text, figure: make("figure", { className: role }, canvas, caption) };
      });
      const verdict = make("p");
      const item = make("li", { hidden: true }, ...figures.map(({ figure }) => figure), verdict);
      list.append(item);
      return { item, figures, verdict };
    });
  }

  /** Shows the hardest triplets of a step. */
  show({ distances, identity, images }: StepView, margin: number, draw: DrawPicture): void {
    const triplets = hardestTriplets(distances, identity, SHOWN);
    for (const [i, { item, figures, verdict }] of this.#items.entries()) {
      const triplet = triplets[i];
      item.hidden = triplet === undefined;
      if (triplet === undefined) continue;
      for (const { role, canvas, text } of figures) {
        const person = `person ${itemAt(identity, triplet[role]) + 1}`;
        draw(canvas, itemAt(images, triplet[role]));
        canvas.ariaLabel = `${role}: ${person}`;
        text.textContent = role === "anchor" ? person : `d = ${triplet[`${role}Distance`].toFixed(2)}`;
      }
      verdict.textContent = verdictOf(triplet, margin);
    }
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
