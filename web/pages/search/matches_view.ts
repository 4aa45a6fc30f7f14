/** The ranking as the visitor sees it: pictures in order, each with its distance and who it is. */
import type { GalleryPicture } from "./gallery_format.ts";
import type { Match } from "./ranking.ts";

/** How many places are shown at first, and how many more with every press of the button. */
export const PAGE = 20;

/** Who is on a picture, in words. */
export function describe({ person, camera }: GalleryPicture): string {
  return `${person === undefined ? "nobody known" : `person ${person}`}, camera ${camera}`;
}

/** One place of the ranking as a list item. */
export function matchItem(match: Match, place: number, picture: GalleryPicture): HTMLLIElement {
  const item = document.createElement("li");
  item.dataset.index = `${match.index}`;
  item.dataset.distance = `${match.distance}`;
  const figure = document.createElement("figure");
  const image = document.createElement("img");
  image.src = picture.picture;
  image.alt = ""; // The caption says all that is known.
  image.loading = "lazy";
  const caption = document.createElement("figcaption");
  caption.append(text("number", `${place}`), text("number distance", match.distance.toFixed(3)));
  caption.append(text("who", describe(picture)));
  if (match.right !== undefined) {
    item.className = match.right ? "right" : "wrong";
    caption.append(text("verdict", match.right ? "✓ same person" : "✗ someone else"));
  }
  figure.append(image, caption);
  item.append(figure);
  return item;
}

/** One sentence on a ranking, for the eye and for screen readers. */
export function summary(matches: readonly Match[], images: readonly GalleryPicture[]): string {
  if (matches.length === 0) return "The gallery is empty.";
  const [nearest] = matches;
  const first = `Nearest: ${describe(images[nearest.index])}, at distance ${nearest.distance.toFixed(3)}.`;
  if (nearest.right === undefined) return first;
  const top = matches.slice(0, 10);
  const right = top.filter((match) => match.right).length;
  const all = matches.filter((match) => match.right).length;
  return `${first} Of the ${top.length} nearest, ${right} show the same person, who is on ${all} pictures ` +
    "by other cameras.";
}

function text(className: string, content: string): HTMLSpanElement {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = content;
  return span;
}
