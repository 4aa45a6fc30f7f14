/** Finding and making elements of a page. */

/**
 * The element with an id.
 *
 * @param kind its class.
 * @throws {Error} when the page has no such element.
 */
export function element(id: string): HTMLElement;
export function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind;
export function element(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no ${kind.name} with the id ${id}`);
}

/** Makes an element with properties and children. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A canvas' context for drawing in two dimensions. @throws {Error} when the canvas has another context. */
export function drawingContext(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("The canvas has another context already");
  return context;
}

/** Adds names, each with a value that the element `read-KEY` holds. */
export function addReadouts(list: HTMLElement, names: Readonly<Record<string, string>>): void {
  for (const [key, name] of Object.entries(names)) {
    const value = make("dd", { id: `read-${key}`, textContent: "–" });
    list.append(make("div", {}, make("dt", { textContent: name }), value));
  }
}
