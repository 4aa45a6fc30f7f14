/** Thresholds for comparisons and for searches, estimated on people who are in neither training nor test. */
import { itemAt } from "../../engine/item_at.ts";
import type { Device } from "../../engine/mod.ts";
import type { SearchThresholds, Thresholds } from "../../model/thresholds.ts";
import type { EmbeddedSet } from "../rank_gallery.ts";
import type { ImageLabels } from "../ranking.ts";
import { RERANK_BUDGET } from "../rerank/blocks.ts";
import { distanceRows } from "../rerank/distance_rows.ts";
import { binOf, bitsOf, upperEnd } from "./distance_bins.ts";
import { SearchDeviations } from "./search_deviations.ts";
import { verify } from "./verify.ts";

/** The smallest gallery; the others are halves of the largest, halves of these, ... */
const SMALLEST_GALLERY = 8;
/** Rates in a decade. */
const PER_DECADE = 6;
/** False alarms that a rate must be of. */
const LEAST_FALSE_ALARMS = 10;
/** The most images that search; of more, a regular sample does. */
const MOST_PROBES = 2000;
/** Probabilities that are too small to matter. */
const NEGLIGIBLE = 1e-9;

/** What {@link estimateThresholds} finds. */
export type EstimatedThresholds = Omit<Thresholds, "flip" | "unitLength">;

/**
 * Estimates thresholds in Euclidean distance.
 *
 * Comparisons are all pairs of images by two cameras, or by one camera where there is only one. Searches are those of each
 * image among the images of all other people, by any camera, and among random parts of them.
 *
 * @param set Images of people who are neither trained nor tested on; several of each person.
 * @param size Length of an embedding.
 * @returns Undefined where the images are too few for a single rate.
 */
export async function estimateThresholds(
  device: Device,
  { embeddings, labels }: EmbeddedSet,
  size: number,
): Promise<EstimatedThresholds | undefined> {
  const images = labels.identity.length;
  const every = Math.max(1, Math.ceil(images / MOST_PROBES));
  const searching = new SearchMinima(labels, every);
  const rows = async function* () {
    const problem = { queries: embeddings, gallery: embeddings, size, metric: "euclidean" } as const;
    let query = 0;
    for await (const row of distanceRows(device, problem, RERANK_BUDGET, () => {})) {
      yield [query++, row] as const;
    }
  };
  const [found] = await verify({ queries: labels, gallery: labels, rows, withinOneList: true });
  if (found === undefined) return undefined;
  for await (const [query, row] of rows()) searching.add(query, row);
  const searches = await withDeviations(searching.thresholds(), labels.identity, every, rows);
  if (found.points.length + searches.length === 0) return undefined;
  return {
    people: new Set(labels.identity).size,
    images,
    pairs: found.pairs,
    comparisons: found.points.map(({ rate, distance, falseAccept: { low, high } }) => ({
      falseAccept: rate,
      distance,
      interval: [low, high],
    })),
    searches,
  };
}

async function withDeviations(
  searches: readonly SearchThresholds[],
  identity: Int32Array,
  every: number,
  rows: () => AsyncIterable<readonly [query: number, row: Float32Array]>,
): Promise<SearchThresholds[]> {
  if (searches.length === 0) return [];
  const deviations = new SearchDeviations(identity, searches);
  for await (const [query, row] of rows()) if (query % every === 0) deviations.add(query, row);
  return deviations.thresholds();
}

/** The distribution of the least distance between an image and a random part of the images of other people. */
class SearchMinima {
  readonly #labels: ImageLabels;
  readonly #every: number;
  /** By the size of the part: the probability of each bin of the least distance, summed over the images that search. */
  readonly #minima: ReadonlyMap<number, Map<number, number>>;
  #probes = 0;

  constructor(labels: ImageLabels, every: number) {
    this.#labels = labels;
    this.#every = every;
    const counts = Map.groupBy(labels.identity, (identity) => identity).values();
    const most = Math.max(...Array.from(counts, ({ length }) => length));
    const sizes: number[] = [];
    for (let size = labels.identity.length - most; size >= 1; size = Math.floor(size / 2)) {
      if (size >= SMALLEST_GALLERY || sizes.length === 0) sizes.unshift(size);
    }
    this.#minima = new Map(sizes.map((size) => [size, new Map()]));
  }

  /** An image searches. @param row Its distances to all images. */
  add(probe: number, row: Float32Array): void {
    if (probe % this.#every !== 0) return;
    this.#probes++;
    const { identity } = this.#labels;
    const others = row.filter((_, j) => identity[j] !== identity[probe]).sort();
    const bits = bitsOf(others), count = others.length;
    for (const [size, minima] of this.#minima) {
      // The m-th nearest is the nearest of a part if it is in it and the nearer ones are not.
      let probability = size / count;
      for (let m = 0; m <= count - size && probability > NEGLIGIBLE; m++) {
        const bin = binOf(itemAt(bits, m));
        minima.set(bin, (minima.get(bin) ?? 0) + probability);
        probability *= (count - m - size) / (count - m - 1);
      }
    }
  }

  /** By ascending size of the gallery. */
  thresholds(): SearchThresholds[] {
    const least = LEAST_FALSE_ALARMS / this.#probes;
    return Array.from(this.#minima, ([gallery, minima]): SearchThresholds => {
      const bins = [...minima].sort(([a], [b]) => a - b);
      const points: [number, number][] = [];
      for (let i = 1; 10 ** (-i / PER_DECADE) >= least; i++) {
        const rate = 10 ** (-i / PER_DECADE);
        let sum = 0, distance = 0;
        for (const [bin, probability] of bins) {
          sum += probability / this.#probes;
          if (sum > rate) break;
          distance = upperEnd(bin);
        }
        if (distance > 0) points.push([Number(rate.toPrecision(6)), distance]);
      }
      return { gallery, points };
    }).filter(({ points }) => points.length > 0);
  }
}
