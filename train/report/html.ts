/**
 * HTML from template strings in which every value is escaped unless it is itself HTML, so that no file name or
 * setting can become markup.
 */

/** A piece of markup that is safe to put into a page as it is. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

type Value = Html | string | number | readonly (Html | string)[];

function render(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(render).join("");
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** Template tag: the literal parts are markup, the values are text, or {@linkcode Html}, or lists of these. */
export function html(literals: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(String.raw({ raw: literals }, ...values.map(render)));
}

/** A table with row headings, which scrolls on a narrow screen. */
export interface ScrollTable {
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  /** Its CSS class. */
  readonly kind: string;
  /** Titles of the columns after the row headings; none if omitted. */
  readonly head?: readonly string[];
  /** The heading of each row, and its `<td>` cells. */
  readonly rows: readonly (readonly [heading: string, cells: readonly Html[]])[];
}

/** The table's markup. */
export function scrollTable({ label, kind, head = [], rows }: ScrollTable): Html {
  const titles = html`<tr><td></td>${head.map((title) => html`<th scope="col">${title}</th>`)}</tr>`;
  const body = rows.map(([heading, cells]) => html`<tr><th scope="row">${heading}</th>${cells}</tr>`);
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${label}">
      <table class="${kind}">
        <thead>${head.length > 0 ? titles : ""}</thead>
        <tbody>${body}</tbody>
      </table>
    </div>
  `;
}

/** A whole page that fetches nothing and runs no script. @param style its style sheet. */
export function htmlPage(title: string, style: string, body: Html): string {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <title>${title}</title>
        <style>
    ${new Html(style)}</style>
      </head>
      <body>
    ${body}</body>
    </html>
  `.text;
}
