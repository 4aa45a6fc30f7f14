/** The ranking on the page: pictures in order, each with its distance and its person. */
import { itemAt } from "../../../engine/item_at.ts";
import { make } from "../../shell/dom.ts";
import type { GalleryPicture } from "./gallery_format.ts";
import type { Match } from "./ranking.ts";

/** How many matches the page shows at first, and how many more each press of the button adds. */
export const PAGE = 20;

/** The person and the camera of a picture, in words. */
export function describe({ person, camera }: GalleryPicture): string {
  return `${person === undefined ? "nobody known" : `person ${person}`}, camera ${camera}`;
}

/** A match in the list. */
export interface MatchItem {
  readonly item: HTMLLIElement;
  /** Its picture, which can be compared with the query. */
  readonly button: HTMLButtonElement;
  /** Lies over the picture. */
  readonly map: HTMLCanvasElement;
}

/** A match as a list item. */
export function matchItem(match: Match, rank: number, picture: GalleryPicture): MatchItem {
  const text = (className: string, textContent: string) => make("span", { className, textContent });
  const caption = make(
    "figcaption",
    {},
    text("number", `${rank}`),
    text("number distance", match.distance.toFixed(3)),
    text("who", describe(picture)),
  );
  // The caption says all that is known, so the alternative text is empty. `loading` must come before `src`.
  const image = make("img", { loading: "lazy", alt: "", src: picture.picture });
  const map = make("canvas", { className: "map", ariaHidden: "true" });
  const button = make(
    "button",
    { type: "button", ariaLabel: `Compare match ${rank} with the query` },
    image,
    map,
  );
  const item = make("li", {}, make("figure", {}, button, caption));
  item.dataset.index = `${match.index}`;
  item.dataset.distance = `${match.distance}`;
  if (match.right !== undefined) {
    item.className = match.right ? "right" : "wrong";
    caption.append(text("verdict", match.right ? "✓ same person" : "✗ someone else"));
  }
  return { item, button, map };
}

/** One sentence about a ranking, also for screen readers. */
export function summary(matches: readonly Match[], images: readonly GalleryPicture[]): string {
  const [nearest] = matches;
  if (nearest === undefined) return "The gallery is empty.";
  const picture = describe(itemAt(images, nearest.index));
  const first = `Nearest: ${picture}, at distance ${nearest.distance.toFixed(3)}.`;
  if (nearest.right === undefined) return first;
  const top = matches.slice(0, 10);
  const right = top.filter((match) => match.right).length;
  const all = matches.filter((match) => match.right).length;
  return `${first} Of the ${top.length} nearest, ${right} show the same person, who is on ${all} pictures ` +
    "by other cameras.";
}
