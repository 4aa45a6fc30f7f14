/**
 * The ranked-retrieval picture as HTML: a query in each row, then its nearest gallery images. Without a script, maps lie
 * over the pictures: of the match that the pointer is on, or else of the one chosen, as the images of a row are a group of
 * radio buttons. So a row is one stop of the Tab key, and a touch chooses.
 */
import { blueOrange, type Color, viridis } from "../../data/images/color_scales.ts";
import { pictureAddress } from "../../data/images/shown_picture.ts";
import { itemAt } from "../../engine/item_at.ts";
import { Html, html } from "./html.ts";
import type { ReportData, ReportImage, Retrieval } from "./report_data.ts";
import type { RetrievalMaps } from "./retrieval_maps.ts";

function picture(image: ReportImage, alt: string): Html {
  try {
    const address = pictureAddress(image.bytes);
    return html`<img class="crop" src="${address}" alt="${alt}" title="${image.name}">`;
  } catch {
    return html`<span class="crop" role="img" aria-label="${alt}">no picture</span>`;
  }
}

/** A map over a picture; the text beside it says what it shows. */
function map(png: Uint8Array, kind: string): Html {
  return html`<img class="map ${kind}" src="${pictureAddress(png)}" alt="">`;
}

function queryRow({ query, matches }: Retrieval, maps: RetrievalMaps, row: number): Html {
  const who = `Query ${query.name}: identity ${query.identity}, camera ${query.camera}`;
  const radio = (checked: Html | string) =>
    html`
      <input class="seen-by-readers" type="radio" name="row-${row}" ${checked}>
    `;
  const cells = matches.map((match, i) => {
    const verdict = match.right ? "right" : "wrong";
    const alt = `Rank ${
      i + 1
    }, ${verdict}: ${match.name}, identity ${match.identity}, camera ${match.camera}`;
    const { activation, parts, cosine, byHeight } = itemAt(maps.matches, i);
    return html`
      <li
        class="match ${verdict}"><label>${radio("")}<span class="pictures">${picture(match, alt)}${map(
          activation,
          "activation",
        )}${map(parts, "parts")}</span><span class="caption"><b aria-hidden="true">${match.right
          ? "✓"
          : "✗"}</b> ${match.distance.toFixed(2)}</span><span class="seen-by-readers">, cosine ${cosine
          .toFixed(2)}; of it by height, from the top: ${byHeight.map((sum) => sum.toFixed(2)).join(
            ", ",
          )}</span></label></li>
    `;
  });
  return html`
    <ol class="ranking">
    <li class="query"><label>${radio(html`
      checked
    `)}<span class="pictures">${picture(query, who)}${map(maps.activation, "activation")}${maps.matches.map((
      { queryParts },
      i,
    ) => map(queryParts, `parts of-${i + 1}`))}</span><span class="caption"
      >camera ${query.camera}</span></label></li>
    ${cells}</ol>
  `;
}

/** Shows the query's parts for the match that is pointed at or chosen: a rule for each rank. */
function ruleOf(rank: number): string {
  const match = `> li:nth-child(${rank + 1})`;
  return `.ranking:has(${match}:hover) .of-${rank},` +
    `.ranking:not(:has(> .match:hover)):has(${match} :checked) .of-${rank}{opacity:var(--similarity)}`;
}

function scale(name: string, [from, to]: readonly [string, string], colorAt: (share: number) => Color): Html {
  const colors = Array.from({ length: 13 }, (_, i) => `rgb(${colorAt(i / 12).join(" ")})`);
  return html`
    <p
      class="scale">${name}: ${from} <i style="background:linear-gradient(to right,${colors.join(
        ",",
      )})"></i> ${to}</p>
  `;
}

/** Queries in rows, each with its matches framed green (right) or red (wrong), nearest first; and the choice of maps. */
export function retrievalHtml({ retrieval: rows, maps, partsLimit }: ReportData): Html {
  const most = Math.max(...rows.map(({ matches }) => matches.length));
  const rules = Array.from({ length: most }, (_, i) => ruleOf(i + 1)).join("\n");
  const end = partsLimit.toFixed(3);
  return html`
    <div class="retrieval">
      <style>${new Html(rules)}</style>
      <fieldset class="maps">
        <legend>Maps over the pictures</legend>
        <label><input type="radio" name="maps" value="similarity" checked>
          What makes a match similar: point at one, or choose it</label>
        <label><input type="radio" name="maps" value="activation">
          What the network looks at, in all pictures</label>
      </fieldset>
      <div class="legend-similarity">${scale(
        "Part of the cosine a cell",
        [`−${end}`, `+${end}`],
        (share) => blueOrange(2 * share - 1),
      )}</div>
      <div class="legend-activation">${scale("Activation", ["0", "the picture's highest"], viridis)}</div>
      <div class="rankings" tabindex="0" role="region" aria-label="Queries and their nearest gallery images">
      ${rows.map((row, i) => queryRow(row, itemAt(maps, i), i))}</div>
    </div>
  `;
}
