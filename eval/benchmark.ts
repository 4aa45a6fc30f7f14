/** A dataset's queries and gallery, ready to be ranked by any network or by colors only. */
import type { PersonImage, ReidDataset } from "../data/dataset.ts";
import type { PixelStore } from "../data/pixels.ts";
import { type Protocol, protocolOf } from "../data/protocol.ts";
import type { Device } from "../engine/mod.ts";
import type { Metric } from "../kernels/mod.ts";
import type { ImageCells } from "../model/cell_embedder.ts";
import type { ReidModel } from "../model/reid_model.ts";
import { ALONE, type Ranks } from "../ranks/mod.ts";
import { type CameraPairScores, rankCameraPairs } from "./camera_pairs.ts";
import { colorHistogram, rankByColor } from "./color_histogram.ts";
import { Embedder } from "../model/embedder.ts";
import { embedStored } from "./embed.ts";
import { embedCells } from "./embed_cells.ts";
import { evaluate, type Evaluation } from "./evaluate.ts";
import { evaluateRows } from "./evaluate_rows.ts";
import type { EmbeddedSet } from "./rank_gallery.ts";
import type { ImageLabels, RankingResult } from "./ranking.ts";
import { RERANK_BUDGET } from "./rerank/blocks.ts";
import { distanceRows } from "./rerank/distance_rows.ts";
import type { RerankOptions } from "./rerank/options.ts";
import { rerank, type RerankProgress } from "./rerank/rerank.ts";
import type { Share } from "./share.ts";
import { shareOfRank } from "./share_of_rank.ts";
import { jointRows, type Sights } from "./spatial_temporal/joint_rows.ts";
import { recordingTimes, requireTimes } from "./spatial_temporal/recording_times.ts";
import { TravelTimes } from "./spatial_temporal/travel_times.ts";
import { type OpenSet, openSet } from "./verification/open_set.ts";
import type { PairProblem } from "./verification/pairs.ts";
import { type Verification, verify } from "./verification/verify.ts";

/** Images embedded at a time. */
const BATCH = 32;

/** The usable images of the queries or of the gallery. */
interface TestSet {
  /** Indices in the store, [n]. */
  readonly indices: readonly number[];
  readonly images: readonly PersonImage[];
  /** What decides which images are ranked: by the same-camera protocol, every image has its own number of a camera. */
  readonly labels: ImageLabels;
}

/** Options of `Benchmark.embed`. */
export interface EmbeddingOptions {
  /** Whether embeddings are averaged with those of the mirror images. Default false. */
  readonly flip?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Embeddings of a benchmark, of length `size`. */
export interface EmbeddedBenchmark {
  readonly queries: EmbeddedSet;
  readonly gallery: EmbeddedSet;
  readonly size: number;
}

/**
 * The test part of a dataset with its pixels. Several ranks share the work of every method: all call it, and all get the
 * result, with the bits of one process.
 */
export class Benchmark {
  readonly protocol: Protocol;
  readonly queries: TestSet;
  readonly gallery: TestSet;
  readonly #share: Share;

  /** @param store The pixels of `dataset.query`, then of `dataset.gallery`; unusable images are left out. */
  constructor(readonly dataset: ReidDataset, readonly store: PixelStore, ranks: Ranks = ALONE) {
    this.#share = shareOfRank(ranks);
    this.protocol = protocolOf(dataset);
    const { query, gallery } = dataset;
    const files = new Map([...query, ...gallery].map(({ path }) => path).map((path, i) => [path, i]));
    // With a camera of its own, an image is left out for itself alone: ranking removes a person's images by one camera.
    const cameraOf = ({ path, camera }: PersonImage) =>
      this.protocol === "same-camera" ? files.get(path) ?? camera : camera;
    const part = (images: readonly PersonImage[], offset: number): TestSet => {
      const usable = images.map((image, i) => ({ image, index: offset + i })).filter(({ index }) =>
        store.usable[index]
      );
      return {
        indices: usable.map(({ index }) => index),
        images: usable.map(({ image }) => image),
        labels: {
          identity: Int32Array.from(usable, ({ image }) => image.identity),
          camera: Int32Array.from(usable, ({ image }) => cameraOf(image)),
        },
      };
    };
    this.queries = part(query, 0);
    this.gallery = part(gallery, query.length);
  }

  /** Embeds the queries and the gallery. */
  async embed(
    device: Device,
    model: ReidModel,
    options: EmbeddingOptions = {},
  ): Promise<EmbeddedBenchmark> {
    const embedder = await Embedder.open(device, model, BATCH);
    try {
      const indices = [...this.queries.indices, ...this.gallery.indices];
      const embeddings = await embedStored(embedder, this.store, indices, {
        ...options,
        share: this.#share,
      });
      const size = model.embeddingSize;
      const split = this.queries.indices.length * size;
      return {
        queries: { embeddings: embeddings.subarray(0, split), labels: this.queries.labels },
        gallery: { embeddings: embeddings.subarray(split), labels: this.gallery.labels },
        size,
      };
    } finally {
      embedder.destroy();
    }
  }

  /** Embeds images and their cells; not shared among ranks. @param indices Of the store. */
  cells(
    device: Device,
    model: ReidModel,
    indices: Iterable<number>,
  ): Promise<ReadonlyMap<number, ImageCells>> {
    return embedCells(device, model, this.store, indices, BATCH);
  }

  /** Ranks the gallery for every query by the distances of their embeddings. */
  async rank(
    device: Device,
    { queries, gallery, size }: EmbeddedBenchmark,
    metric: Metric,
  ): Promise<Evaluation> {
    return this.#withJunk(await evaluate(device, queries, gallery, size, metric, this.#share));
  }

  /** Ranks the gallery for every query by re-ranked distances: see {@link rerank}. */
  async rerank(
    device: Device,
    { queries, gallery, size }: EmbeddedBenchmark,
    metric: Metric,
    options: RerankOptions,
    onProgress?: (progress: RerankProgress) => void,
  ): Promise<Evaluation> {
    const problem = { queries, gallery, size, metric };
    const rows = rerank(device, problem, options, onProgress, RERANK_BUDGET, this.#share);
    return this.#withJunk(await evaluateRows(rows, queries.labels, gallery.labels, this.#share));
  }

  /** Scores by pair of cameras: see {@link rankCameraPairs}; none by the same-camera protocol. */
  async cameraPairs(
    device: Device,
    embedded: EmbeddedBenchmark,
    metric: Metric,
  ): Promise<CameraPairScores[]> {
    return this.protocol === "same-camera"
      ? []
      : await rankCameraPairs(device, { ...embedded, metric }, this.#share);
  }

  /**
   * Rates of thresholds on the distance of two images: see {@link verify}. A query that is in the gallery as the same file
   * makes no pair with itself.
   *
   * @param thresholds Distances whose rates are wanted too.
   */
  verify(
    device: Device,
    embedded: EmbeddedBenchmark,
    metric: Metric,
    thresholds: readonly number[] = [],
  ): Promise<Verification[]> {
    return verify(this.#pairs(device, embedded, metric), thresholds, this.#share);
  }

  /**
   * Searches for people of whom half are not in the gallery: see {@link openSet}.
   *
   * @param thresholds For each threshold of which rates are wanted, the distance for a gallery of a number of images.
   */
  openSet(
    device: Device,
    embedded: EmbeddedBenchmark,
    metric: Metric,
    thresholds: readonly ((gallery: number) => number)[] = [],
  ): Promise<OpenSet> {
    const rows = () => this.#rows(device, embedded, metric);
    const problem = { queries: this.queries.labels, gallery: this.gallery.labels, rows };
    return openSet(problem, thresholds, this.#share);
  }

  /**
   * Ranks by look and time together: st-ReID's joint metric of the embeddings' cosines and of the travel times between
   * cameras, which are estimated from the training images' names. The GPU computes rows of distances, the CPU ranks them
   * by the same rules.
   *
   * @throws {DataError} If the dataset's file names do not say when an image was taken.
   */
  async spatialTemporal(
    device: Device,
    { queries, gallery, size }: EmbeddedBenchmark,
  ): Promise<Evaluation> {
    const { dataset } = this;
    requireTimes(dataset);
    const timeOf = recordingTimes([...dataset.train, ...dataset.query, ...dataset.gallery]);
    const travel = new TravelTimes(dataset.train.map((image) => ({ ...image, time: timeOf(image) })));
    const sights = ({ images, labels }: TestSet): Sights => ({
      camera: labels.camera,
      time: Float64Array.from(images, timeOf),
    });
    const angular = distanceRows(
      device,
      { queries: queries.embeddings, gallery: gallery.embeddings, size, metric: "angular" },
      RERANK_BUDGET,
      () => {},
      this.#share,
    );
    const [first] = this.#share.range(queries.labels.identity.length);
    const rows = jointRows(angular, sights(this.queries), sights(this.gallery), travel, first);
    return this.#withJunk(await evaluateRows(rows, queries.labels, gallery.labels, this.#share));
  }

  /** Ranks by color histograms: a baseline without any training. */
  async colors(): Promise<RankingResult> {
    const { height, width } = this.store;
    const pixels = new Uint8Array(this.store.stride);
    const describe = async (set: TestSet) => {
      const histograms: Float32Array[] = [];
      for (const index of set.indices.slice(...this.#share.range(set.indices.length))) {
        await this.store.batch([index], pixels);
        histograms.push(colorHistogram(pixels.subarray(0, height * width * 3), height, width));
      }
      return { histograms: (await this.#share.gather(histograms)).flat(), labels: set.labels };
    };
    const [queries, gallery] = [await describe(this.queries), await describe(this.gallery)];
    return this.#countJunk(await rankByColor(queries, gallery, this.#share));
  }

  #pairs(device: Device, embedded: EmbeddedBenchmark, metric: Metric): PairProblem {
    const files = new Map(this.gallery.images.map(({ path }, index) => [path, index]));
    const labels = ({ images, labels: { identity } }: TestSet): ImageLabels => {
      return { identity, camera: Int32Array.from(images, ({ camera }) => camera) };
    };
    const itself = Int32Array.from(this.queries.images, ({ path }) => files.get(path) ?? -1);
    return {
      queries: labels(this.queries),
      gallery: labels(this.gallery),
      itself,
      withinOneList: itself.length === files.size && itself.every((index, query) => index === query),
      rows: () => this.#rows(device, embedded, metric),
    };
  }

  /** The queries of this process, with their distances to the whole gallery. */
  async *#rows(
    device: Device,
    { queries, gallery, size }: EmbeddedBenchmark,
    metric: Metric,
  ): AsyncGenerator<[query: number, distances: Float32Array]> {
    const problem = { queries: queries.embeddings, gallery: gallery.embeddings, size, metric };
    let [query] = this.#share.range(queries.labels.identity.length);
    for await (const row of distanceRows(device, problem, RERANK_BUDGET, () => {}, this.#share)) {
      yield [query++, row];
    }
  }

  #withJunk(evaluation: Evaluation): Evaluation {
    return { ...evaluation, scores: this.#countJunk(evaluation.scores) };
  }

  /** Adds the junk boxes, which the dataset's reader left out before anything was ranked. */
  #countJunk(scores: RankingResult): RankingResult {
    return { ...scores, junk: scores.junk + this.dataset.ignored.junk };
  }
}
