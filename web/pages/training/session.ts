/**
 * A small training run on the library: MobileNetV2 of width 0.35 on images of 64 × 32 pixels, a projection to 128
 * numbers behind a batch norm, Adam. It knows nothing of the page.
 */
import {
  Adam,
  CONVENTIONS,
  type Device,
  type LossEntry,
  lossTable,
  type ModelSpec,
  normalizedImages,
  packTransforms,
  pairwiseDistance,
  Program,
  Random,
  ReidModel,
  TRIPLET_METRICS,
  u32,
  UNMOVED,
} from "../../../mod.ts";
import { indexIdentities } from "../../../data/identity_index.ts";
import type { Batch, Sampler } from "../../../data/sampler.ts";
import { samplers } from "../../../data/samplers.ts";
import { RankingAccumulator } from "../../../eval/ranking.ts";
import { packedPixels, type People } from "./people.ts";
import { INPUT } from "./picture_size.ts";
import { changesStep, type RunSettings } from "./settings.ts";

const SPEC: ModelSpec = {
  width: 0.35,
  imageHeight: INPUT.height,
  imageWidth: INPUT.width,
  embeddingSize: 128,
  neck: "embedding",
  testFeature: "after",
  normalize: true,
  identities: 0,
  ...CONVENTIONS.own,
};

const SIZE = { height: INPUT.height, width: INPUT.width };

/** Four bytes to a word. */
const WORDS = INPUT.height * INPUT.width * 3 / 4;

/** One step, as it was before its update of the weights. */
export interface StepView {
  /** Counted from 1. */
  readonly step: number;
  readonly loss: number;
  /** Share of the triplets that cost something. */
  readonly active: number;
  /** Root of the embeddings' mean squared distance from their mean. */
  readonly spread: number;
  /** Indices of the batch's pictures, in order of the people. */
  readonly images: Int32Array;
  /** Who is on each. */
  readonly identity: Int32Array;
  /** Euclidean distances between all embeddings of the batch, [B, B], in the same order. */
  readonly distances: Float32Array<ArrayBuffer>;
  /** [B, 128], in the same order. */
  readonly embeddings: Float32Array<ArrayBuffer>;
}

/** How well people are found that the network never saw. */
export interface Score {
  readonly step: number;
  /** Share of queries whose nearest picture by another camera shows the same person. */
  readonly rank1: number;
  readonly mAP: number;
  readonly queries: number;
}

/** Network, optimizer and recorded step. Make one with {@link TrainingSession.open}. */
export class TrainingSession {
  #step = 0;
  readonly #batches: { epoch: number; left: Iterator<Batch> | undefined } = { epoch: 0, left: undefined };
  #embedding: Awaited<ReturnType<typeof recordEmbedding>> | undefined;

  private constructor(
    readonly device: Device,
    readonly people: People,
    readonly model: ReidModel,
    readonly optimizer: Adam,
    private settings: RunSettings,
    private sampler: Sampler,
    private program: Awaited<ReturnType<typeof recordStep>>,
  ) {}

  /** Builds the network with the seed's first weights and records the step. */
  static async open(device: Device, people: People, settings: RunSettings): Promise<TrainingSession> {
    const random = new Random(settings.seed).fork(1);
    const model = new ReidModel(device, SPEC, random, { silentResiduals: true });
    const optimizer = new Adam(model.parameters);
    const sampler = samplerOf(people, settings);
    const program = await recordStep(device, model, optimizer, settings, sampler.batchImages);
    return new TrainingSession(device, people, model, optimizer, settings, sampler, program);
  }

  /** Goes on with other settings; people and seed are those of the next session. */
  async change(settings: RunSettings): Promise<void> {
    if (changesStep(this.settings, settings)) {
      const sampler = samplerOf(this.people, settings);
      const { device, model, optimizer } = this;
      const program = await recordStep(device, model, optimizer, settings, sampler.batchImages);
      this.program.destroy();
      this.program = program;
      this.sampler = sampler;
      this.#batches.left = undefined;
    }
    this.settings = settings;
  }

  /** Steps done. */
  get steps(): number {
    return this.#step;
  }

  /** Trains one step. */
  async step(): Promise<StepView> {
    const batch = this.#nextBatch();
    const step = ++this.#step;
    const { triplet, embeddings, distances } = await this.program.run({
      pixels: packedPixels(this.people, batch.images),
      transforms: packTransforms(new Array(batch.images.length).fill(UNMOVED)),
      labels: Uint32Array.from(batch.labels),
      settings: this.optimizer.settings(step, this.settings.learningRate),
    });
    const metric = (name: typeof TRIPLET_METRICS[number]) => triplet[TRIPLET_METRICS.indexOf(name)];
    const order = inOrderOfPeople(batch, this.people);
    const n = order.length, d = SPEC.embeddingSize;
    return {
      step,
      loss: metric("loss"),
      active: metric("active"),
      spread: metric("spread"),
      images: order.map((i) => batch.images[i]),
      identity: order.map((i) => this.people.identity[batch.images[i]]),
      distances: Float32Array.from({ length: n * n }, (_, at) => {
        return distances[order[Math.floor(at / n)] * n + order[at % n]];
      }),
      embeddings: Float32Array.from(
        { length: n * d },
        (_, at) => embeddings[order[Math.floor(at / d)] * d + at % d],
      ),
    };
  }

  /** Ranks unseen people: every picture is a query, those of other cameras the right answers. */
  async score(unseen: People): Promise<Score> {
    const queries = unseen.identity.length, d = SPEC.embeddingSize;
    this.#embedding ??= await recordEmbedding(this.device, this.model, queries);
    const { embeddings } = await this.#embedding.run({
      pixels: packedPixels(unseen, Array.from({ length: queries }, (_, i) => i)),
      transforms: packTransforms(new Array(queries).fill(UNMOVED)),
    });
    const distances = new Float32Array(queries * queries);
    for (let q = 0; q < queries; q++) {
      for (let g = 0; g < queries; g++) {
        let squares = 0;
        for (let i = 0; i < d; i++) squares += (embeddings[q * d + i] - embeddings[g * d + i]) ** 2;
        distances[q * queries + g] = Math.sqrt(squares);
      }
    }
    const ranking = new RankingAccumulator(unseen);
    ranking.addBlock(distances, unseen);
    const { rank, mAP } = ranking.result();
    return { step: this.#step, rank1: rank[1], mAP, queries };
  }

  /** Frees what the session holds on the GPU. */
  destroy(): void {
    this.program.destroy();
    this.#embedding?.destroy();
    this.model.parameters.destroy();
  }

  #nextBatch(): Batch {
    for (;;) {
      this.#batches.left ??= this.sampler.epoch(this.#batches.epoch++)[Symbol.iterator]();
      const { value, done } = this.#batches.left.next();
      if (!done) return value;
      this.#batches.left = undefined;
    }
  }
}

/** Batches of P people with K pictures each, or for a loss that takes no such batches, about as many pictures. */
function samplerOf(people: People, { loss, p, k, seed }: RunSettings): Sampler {
  const index = indexIdentities([...people.identity].map((identity) => ({ identity })));
  const options = { seed, p, k, batchSize: p * k, triplets: Math.max(1, Math.floor(p * k / 3)) };
  const { samplers: possible }: LossEntry = lossTable[loss];
  return samplers[possible.includes("pk") ? "pk" : possible[0]](index, options);
}

/** Places of a batch's pictures, person by person. */
function inOrderOfPeople({ images }: Batch, { identity }: People): Int32Array {
  return Int32Array.from(images.keys()).sort((a, b) =>
    identity[images[a]] - identity[images[b]] || images[a] - images[b] || a - b
  );
}

function recordStep(
  device: Device,
  model: ReidModel,
  optimizer: Adam,
  { loss, margin }: RunSettings,
  images: number,
) {
  return Program.record(
    device,
    {
      pixels: u32([images, WORDS]),
      transforms: u32([images, 4]),
      labels: u32([images]),
      settings: optimizer.input,
    },
    ({ pixels, transforms, labels, settings }) => {
      const features = model.features(normalizedImages(pixels, transforms, SIZE), "training");
      const embeddings = model.compared(model.sides(features, "training"));
      const options = { margin, metric: "euclidean", softMargin: false } as const;
      const triplet = lossTable[loss].apply(embeddings, labels, options);
      optimizer.minimize(triplet.loss, settings);
      return { triplet: triplet.metrics, embeddings, distances: pairwiseDistance(embeddings, "euclidean") };
    },
  );
}

function recordEmbedding(device: Device, model: ReidModel, images: number) {
  return Program.record(
    device,
    { pixels: u32([images, WORDS]), transforms: u32([images, 4]) },
    ({ pixels, transforms }) => {
      const features = model.features(normalizedImages(pixels, transforms, SIZE), "inference");
      return { embeddings: model.embed(features, "inference") };
    },
  );
}
