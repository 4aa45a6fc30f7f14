/**
 * A small training run with the library: MobileNetV2 of width 0.35 on images of 64 × 32 pixels, a projection to 128
 * numbers with a batch norm, and Adam. It does not depend on the page.
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
import { itemAt } from "../../../engine/item_at.ts";
import { indexIdentities } from "../../../data/identity_index.ts";
import type { Batch, Sampler } from "../../../data/sampler.ts";
import { samplers } from "../../../data/samplers.ts";
import { RankingAccumulator } from "../../../eval/ranking.ts";
import { squaredDistance } from "../../../search/exact_distance.ts";
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
  momentum: 0.9,
};

/** Numbers in uint32 of an image, each of four bytes. */
const UINT32 = INPUT.height * INPUT.width * 3 / 4;

/** A step, before its update of the weights. */
export interface StepView {
  /** Number of the step, from 1. */
  readonly step: number;
  readonly loss: number;
  /** Share of the triplets with a loss above 0. */
  readonly active: number;
  /** Root of the embeddings' mean squared distance from their mean. */
  readonly spread: number;
  /** Indices of the batch's pictures, ordered by person. */
  readonly images: Int32Array;
  /** The person on each. */
  readonly identity: Int32Array;
  /** Euclidean distances between all embeddings of the batch, [B, B], in the same order. */
  readonly distances: Float32Array<ArrayBuffer>;
  /** [B, 128], in the same order. */
  readonly embeddings: Float32Array<ArrayBuffer>;
}

/** How well the network finds people that it was not trained on. */
export interface Score {
  readonly step: number;
  /** Share of queries whose nearest picture by another camera shows the same person. */
  readonly rank1: number;
  readonly mAP: number;
  readonly queries: number;
}

/** Network, optimizer and recorded step. Open one with {@link TrainingSession.open}. */
export class TrainingSession {
  #epoch = 0;
  #batches: Iterator<Batch> | undefined;
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

  /** Initializes the network by the seed and records the step. */
  static async open(device: Device, people: People, settings: RunSettings): Promise<TrainingSession> {
    const random = new Random(settings.seed).fork(1);
    const model = new ReidModel(device, SPEC, random, { silentResiduals: true });
    const optimizer = new Adam(model.parameters);
    const sampler = samplerOf(people, settings);
    const program = await recordStep(device, model, optimizer, settings, sampler.batchImages);
    return new TrainingSession(device, people, model, optimizer, settings, sampler, program);
  }

  /** Changes the settings, except people and seed. */
  async change(settings: RunSettings): Promise<void> {
    if (changesStep(this.settings, settings)) {
      const sampler = samplerOf(this.people, settings);
      const { device, model, optimizer } = this;
      const program = await recordStep(device, model, optimizer, settings, sampler.batchImages);
      this.program.destroy();
      this.program = program;
      this.sampler = sampler;
      this.#batches = undefined;
    }
    this.settings = settings;
  }

  /** How many steps were trained. */
  get steps(): number {
    return this.optimizer.step;
  }

  /** Trains one step. */
  async step(): Promise<StepView> {
    const batch = this.#nextBatch();
    this.optimizer.rate = this.settings.learningRate;
    const { triplet, embeddings, distances } = await this.program.run({
      ...imageInputs(this.people, batch.images),
      labels: Uint32Array.from(batch.labels),
    });
    const metric = (name: typeof TRIPLET_METRICS[number]) => itemAt(triplet, TRIPLET_METRICS.indexOf(name));
    const pictures = orderedByPerson(batch, this.people);
    const n = pictures.length, d = SPEC.embeddingSize;
    return {
      step: this.optimizer.step,
      loss: metric("loss"),
      active: metric("active"),
      spread: metric("spread"),
      images: Int32Array.from(pictures, ({ image }) => image),
      identity: Int32Array.from(pictures, ({ person }) => person),
      distances: Float32Array.from(
        pictures.flatMap((a) => pictures.map((b) => itemAt(distances, a.row * n + b.row))),
      ),
      embeddings: Float32Array.from(
        pictures.flatMap(({ row }) => [...embeddings.subarray(row * d, (row + 1) * d)]),
      ),
    };
  }

  /** Ranks unseen people: each picture is a query, and its matches are those of the same person by other cameras. */
  async score(unseen: People): Promise<Score> {
    const queries = unseen.identity.length, d = SPEC.embeddingSize;
    this.#embedding ??= await recordEmbedding(this.device, this.model, queries);
    const { embeddings } = await this.#embedding.run(imageInputs(unseen, [...unseen.identity.keys()]));
    const distances = new Float32Array(queries * queries);
    for (let q = 0; q < queries; q++) {
      for (let g = 0; g < queries; g++) {
        distances[q * queries + g] = Math.sqrt(squaredDistance(embeddings, q * d, embeddings, g * d, d));
      }
    }
    const ranking = new RankingAccumulator(unseen);
    ranking.addBlock(distances, unseen);
    const { rank, mAP } = ranking.result();
    return { step: this.optimizer.step, rank1: rank[1], mAP, queries };
  }

  /** Frees the GPU memory. */
  destroy(): void {
    this.program.destroy();
    this.#embedding?.destroy();
    this.model.parameters.destroy();
  }

  #nextBatch(): Batch {
    for (;;) {
      this.#batches ??= this.sampler.epoch(this.#epoch++)[Symbol.iterator]();
      const { value, done } = this.#batches.next();
      if (!done) return value;
      this.#batches = undefined;
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

/** The pictures of a batch, each with its row in the batch, ordered by person. */
function orderedByPerson({ images }: Batch, { identity }: People) {
  return Array.from(images, (image, row) => ({ image, row, person: itemAt(identity, image) }))
    .sort((a, b) => a.person - b.person || a.image - b.image || a.row - b.row);
}

function imageInputs(people: People, images: readonly number[] | Int32Array) {
  const transforms = packTransforms(new Array(images.length).fill(UNMOVED));
  return { pixels: packedPixels(people, images), transforms };
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
      pixels: u32([images, UINT32]),
      transforms: u32([images, 4]),
      labels: u32([images]),
    },
    ({ pixels, transforms, labels }) => {
      const features = model.features(normalizedImages(pixels, transforms, INPUT), "training");
      const embeddings = model.tripletFeatures(model.neckFeatures(features, "training"));
      const options = { margin, metric: "euclidean", softMargin: false } as const;
      const triplet = lossTable[loss].apply(embeddings, labels, options);
      optimizer.minimize(triplet.loss);
      return { triplet: triplet.metrics, embeddings, distances: pairwiseDistance(embeddings, "euclidean") };
    },
  );
}

function recordEmbedding(device: Device, model: ReidModel, images: number) {
  return Program.record(
    device,
    { pixels: u32([images, UINT32]), transforms: u32([images, 4]) },
    ({ pixels, transforms }) => {
      const features = model.features(normalizedImages(pixels, transforms, INPUT), "inference");
      return { embeddings: model.embed(features, "inference") };
    },
  );
}
