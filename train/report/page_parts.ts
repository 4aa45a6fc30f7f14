/** The parts that pages of results are made of; their styles are in `report.css`. */
import { type Html, html } from "./html.ts";

/** A share in per cent. */
export const percent = (share: number) => `${(100 * share).toFixed(1)}\u00a0%`;

/** What each color stands for. */
export function legend(...entries: [name: string, color: string][]): Html {
  const items = entries.map(([name, color]) => html`<span><i style="background:${color}"></i>${name}</span>`);
  return html`<div class="legend">${items}</div>`;
}

/** A plot or a table with its title. */
export function figure(title: string, plot: Html, caption: string | Html): Html {
  return html`
    <figure><h3>${title}</h3>${plot}<figcaption>${caption}</figcaption></figure>
  `;
}

/** Figures side by side. */
export function figures(...list: Html[]): Html {
  return html`<div class="figures">${list}</div>`;
}

/** A section of a page; the lead may be empty. */
export function section(heading: string, lead: string, ...content: Html[]): Html {
  return html`
    <section><h2>${heading}</h2>
    ${lead === "" ? "" : html`<p>${lead}</p>`}${content}</section>
  `;
}
