/** The search page: orders the gallery by distance to a picture. */
import { Device, DeviceLostError, NoAdapterError } from "../../../mod.ts";
import { messageOf } from "../../../data/errors.ts";
import { itemAt } from "../../../engine/item_at.ts";
import { addReadouts, element, make } from "../../shell/dom.ts";
import { showWebgpuMissing, whyMissing } from "../../shell/webgpu_missing.ts";
import { Comparison } from "./comparison.ts";
import type { GalleryPicture } from "./gallery_format.ts";
import { type LoadedGallery, loadGallery } from "./load.ts";
import { describe, matchItem, PAGE, summary } from "./matches_view.ts";
import { type Match, rank } from "./ranking.ts";
import { Searcher } from "./searcher.ts";

/** The names of the times measured. */
const TIMES = { load: "Loading", decode: "Decoding", embed: "Embedding", search: "Search" };

function milliseconds(time: number): string {
  return time < 10
    ? `${time.toFixed(1)} ms`
    : time < 10_000
    ? `${time.toFixed(0)} ms`
    : `${(time / 1000).toFixed(1)} s`;
}

/** Shows an error instead of the search. */
function fail(title: string, text: string): void {
  element("loading").hidden = true;
  element("failure-title").textContent = title;
  element("failure-text").textContent = text;
  element("failure").hidden = false;
}

/** The page once everything is loaded. It shows the result of the newest query, even if an older one ends later. */
class SearchPage {
  #query = 0;
  #preview: string | undefined;
  readonly #comparison: Comparison;

  constructor(readonly site: LoadedGallery, readonly searcher: Searcher) {
    this.#comparison = new Comparison(searcher, site.gallery.images);
  }

  /** Shows the samples, and takes pictures by choice, paste and drop. */
  start(): void {
    this.#addSamples();
    const file = element("file", HTMLInputElement);
    file.addEventListener("change", () => this.#take(file.files?.[0]));
    document.addEventListener("paste", (event) => this.#take(event.clipboardData?.files[0]));
    const drop = element("drop");
    // Anywhere on the page: otherwise a picture dropped beside the field would replace the page.
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) drop.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      this.#take(event.dataTransfer?.files[0]);
    });
  }

  #addSamples(): void {
    const { queries } = this.site.gallery;
    element("samples-frame").hidden = queries.length === 0;
    for (const query of queries) {
      const image = make("img", { src: query.picture, alt: `Sample: ${describe(query)}` });
      const button = make("button", { type: "button", ariaPressed: "false" }, image);
      button.addEventListener("click", () => {
        this.#press(button);
        this.#search(query.picture, async () => {
          const response = await fetch(query.picture);
          if (!response.ok) throw new Error(`the site does not have it any more (${response.status})`);
          return await response.blob();
        }, query);
      });
      element("samples").append(button);
    }
  }

  #press(pressed?: HTMLButtonElement): void {
    for (const button of element("samples").querySelectorAll("button")) {
      button.ariaPressed = `${button === pressed}`;
    }
  }

  #take(file: File | undefined): void {
    if (file === undefined) return;
    this.#press();
    if (this.#preview !== undefined) URL.revokeObjectURL(this.#preview);
    this.#preview = URL.createObjectURL(file);
    this.#search(this.#preview, () => Promise.resolve(file));
  }

  async #search(address: string, read: () => Promise<Blob>, query?: GalleryPicture): Promise<void> {
    const number = ++this.#query;
    const preview = element("preview", HTMLImageElement);
    preview.src = address;
    preview.alt = query ? `Query: ${describe(query)}` : "Your query";
    preview.hidden = false;
    element("drop-text").textContent = query ? describe(query) : "Your picture. Drop or paste another one.";
    element("problem").hidden = true;
    element("matches").ariaBusy = "true";
    try {
      const bytes = new Uint8Array(await (await read()).arrayBuffer());
      const found = await this.searcher.find(bytes);
      if (number !== this.#query) return;
      element("read-decode").textContent = milliseconds(found.decodeTime);
      element("read-embed").textContent = milliseconds(found.embedTime);
      element("read-search").textContent = milliseconds(found.searchTime);
      this.#comparison.begin(found.cells, address);
      this.#show(rank(found.distances, this.site.gallery.images, query));
    } catch (error) {
      if (number === this.#query) this.#complain(error);
    } finally {
      if (number === this.#query) element("matches").ariaBusy = "false";
    }
  }

  #show(matches: readonly Match[]): void {
    const { images } = this.site.gallery;
    const list = element("matches");
    list.replaceChildren();
    element("summary").textContent = summary(matches, images);
    const more = element("more", HTMLButtonElement);
    const add = () => {
      const from = list.children.length;
      const items = matches.slice(from, from + PAGE).map((match, i) => {
        const place = from + i + 1, shown = matchItem(match, place, itemAt(images, match.index));
        this.#comparison.add(shown, match.index, place);
        return shown.item;
      });
      list.append(...items);
      more.hidden = list.children.length === matches.length;
      return items[0];
    };
    add();
    more.onclick = () => {
      const first = add();
      if (!more.hidden || first === undefined) return;
      first.tabIndex = -1; // The hidden button had the focus; the first new match gets it.
      first.focus();
    };
  }

  #complain(error: unknown): void {
    this.#comparison.end();
    element("matches").replaceChildren();
    element("more").hidden = true;
    element("summary").textContent = "No result.";
    if (error instanceof DeviceLostError) return; // The page says so already.
    const problem = element("problem");
    problem.textContent = `The search cannot use this picture: ${
      messageOf(error)
    }. Choose a JPEG or PNG of one person.`;
    problem.hidden = false;
  }
}

async function main(): Promise<SearchPage | undefined> {
  const started = performance.now();
  const reason = whyMissing();
  if (reason !== undefined) {
    showWebgpuMissing(element("missing"), reason);
    return;
  }
  element("loading").hidden = false;
  const [device, site] = await Promise.all([Device.open(), loadGallery(document.baseURI)]);
  if (site === undefined) {
    element("loading").hidden = true;
    element("empty").hidden = false;
    device.destroy();
    return;
  }
  device.gpu.lost.then(({ message }) => {
    element("search").hidden = true;
    fail(
      "The graphics processor was lost",
      `${message || "The browser gave no reason"}. Reload the page to continue.`,
    );
  });
  const { gallery, embeddings, model, decoder } = site;
  const searcher = await Searcher.open(device, model, embeddings, decoder);
  const { adapter } = device;
  const kind = adapter.software ? "a program on the processor; a real GPU is far faster" : "WebGPU";
  element("setting").textContent = `${adapter.name} (${kind}). MobileNetV2 ${model.spec.width}, ` +
    `${model.spec.imageHeight} × ${model.spec.imageWidth} pixels, embeddings of ${gallery.size} numbers. ` +
    `Gallery: ${gallery.images.length} pictures, ${gallery.dataset}. Distances are Euclidean. ` +
    `Loaded: ${(site.bytes / 2 ** 20).toFixed(1)} MiB.`;
  if (gallery.network !== undefined) {
    element("network").textContent = `This network is ${gallery.network}.`;
    element("network").hidden = false;
  }
  addReadouts(element("times"), TIMES);
  element("read-load").textContent = milliseconds(performance.now() - started);
  element("loading").hidden = true;
  element("search").hidden = false;
  const page = new SearchPage(site, searcher);
  page.start();
  return page;
}

/** The page once it takes queries; undefined if it cannot, and then it shows the reason. */
export const opened: Promise<SearchPage | undefined> = main().catch((error: unknown) => {
  if (error instanceof NoAdapterError) {
    element("loading").hidden = true;
    showWebgpuMissing(element("missing"), "no-adapter");
  } else fail("The search could not start", messageOf(error));
  return undefined;
});
