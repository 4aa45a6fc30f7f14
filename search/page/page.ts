/** The result of a search as one HTML page that holds everything it shows. */
import { pictureAddress } from "../../data/images/shown_picture.ts";
import { type Html, html, htmlPage } from "../../train/report/html.ts";
import theme from "../../train/report/theme.css" with { type: "text" };
import type { FoundImage } from "../gallery_types.ts";
import style from "./page.css" with { type: "text" };

/** A query and its results. */
export interface SearchResult {
  /** The query's files, at least one: several images of one person. */
  readonly queries: readonly string[];
  /** The location of the gallery. */
  readonly gallery: string;
  /** Nearest first, each with the path of its file if known. */
  readonly found: readonly FoundImage[];
  /** Why nobody is found although the gallery has images; undefined if somebody is, or there is no threshold. */
  readonly reason?: string | undefined;
}

/**
 * The page as HTML: the query, then the images found, nearest first, with their pictures. For a picture that cannot be
 * read it shows the name. All names are shown as text.
 */
export async function resultPage({ queries, gallery, found, reason }: SearchResult): Promise<string> {
  const pictures: Html[] = [];
  for (const query of queries) pictures.push(await picture(query, "The query"));
  const query = queries.join(", ");
  const cards: Html[] = [];
  for (const [i, image] of found.entries()) cards.push(await card(image, i + 1));
  const count = `${found.length} nearest image${found.length === 1 ? "" : "s"}`;
  return htmlPage(
    `Search: ${query}`,
    theme + style,
    html`
      <main>
        <header>
          ${pictures}
          <div>
            <h1>Who looks like this?</h1>
            <p class="name">${query}</p>
            ${reason === undefined ? "" : html`<p>${reason}.</p>`}
            <p>${found.length > 0
              ? count
              : reason === undefined
              ? "No image of the gallery meets the conditions"
              : "No image is shown"} in ${gallery}. Distances are Euclidean, between embeddings: a smaller one means more alike.</p>
          </div>
        </header>
        <ol>${cards}</ol>
      </main>
    `,
  );
}

async function card({ id, path, distance, camera, frame, time }: FoundImage, rank: number): Promise<Html> {
  const facts: [string, string][] = [["Distance", distance.toFixed(4)]];
  if (camera !== undefined) facts.push(["Camera", camera]);
  if (time !== undefined) facts.push(["Time", time.replace("T", " ").replace(/(\.000)?Z$/, " UTC")]);
  if (frame !== undefined) facts.push(["Frame", String(frame)]);
  const rows = facts.map(([name, value]) =>
    html`
      <div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>
    `
  );
  return html`
    <li>
    ${await picture(path, `Rank ${rank}: ${id}`)}
    <p class="rank">${rank}</p>
    <dl>${rows}</dl>
    <p class="name">${id}</p>
    </li>
  `;
}

async function picture(path: string | undefined, description: string): Promise<Html> {
  const address = path && await Deno.readFile(path).then(pictureAddress).catch(() => undefined);
  return address
    ? html`<img src="${address}" alt="${description}">`
    : html`<p class="missing" role="img" aria-label="${description}">no picture here</p>`;
}
