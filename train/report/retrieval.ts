/** The ranked-retrieval picture as HTML: a query in each row, then its nearest gallery images. */
import { pictureAddress } from "../../data/images/shown_picture.ts";
import { type Html, html } from "./html.ts";
import type { ReportImage, Retrieval } from "./report_data.ts";

function picture(image: ReportImage, alt: string): Html {
  try {
    const address = pictureAddress(image.bytes);
    return html`<img class="crop" src="${address}" alt="${alt}" title="${image.name}">`;
  } catch {
    return html`<span class="crop" role="img" aria-label="${alt}">no picture</span>`;
  }
}

function queryRow({ query, matches }: Retrieval): Html {
  const who = `Query ${query.name}: identity ${query.identity}, camera ${query.camera}`;
  const cells = matches.map((match, i) => {
    const verdict = match.right ? "right" : "wrong";
    const alt = `Rank ${
      i + 1
    }, ${verdict}: ${match.name}, identity ${match.identity}, camera ${match.camera}`;
    return html`
      <li class="${verdict}">${picture(match, alt)}<span><b aria-hidden="true">${match.right
        ? "✓"
        : "✗"}</b> ${match.distance.toFixed(2)}</span></li>
    `;
  });
  return html`
    <ol class="ranking">
    <li class="query">${picture(query, who)}<span>camera ${query.camera}</span></li>
    ${cells}</ol>
  `;
}

/** Queries in rows, each with its matches framed green (right) or red (wrong), nearest first. */
export function retrievalHtml(rows: readonly Retrieval[]): Html {
  return html`
    <div class="rankings" tabindex="0" role="region" aria-label="Queries and their nearest gallery images">
    ${rows.map(queryRow)}</div>
  `;
}
