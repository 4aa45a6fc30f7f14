/** Figures of the report: a title, a plot or table, and a caption. */
import { type Html, html } from "./html.ts";

/** Colors of a plot, with what they stand for. */
export function legend(...entries: [name: string, color: string][]): Html {
  const items = entries.map(([name, color]) => html`<span><i style="background:${color}"></i>${name}</span>`);
  return html`<div class="legend">${items}</div>`;
}

/** A plot or a table under a title, with a caption. */
export function figure(title: string, plot: Html, caption: string | Html): Html {
  return html`
    <figure><h3>${title}</h3>${plot}<figcaption>${caption}</figcaption></figure>
  `;
}

/** Figures side by side where there is room. */
export function figures(...list: Html[]): Html {
  return html`<div class="figures">${list}</div>`;
}
