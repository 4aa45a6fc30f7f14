/** A MobileNetV2 with its images and labels for a comparison with f64: numbers by seed, clear of every kink. */
import type { TripletOptions } from "../reference/ops.ts";
import { referenceOps } from "../reference/ops.ts";
import { type SeededRandom, seededRandom } from "../reference/seeded_random.ts";
import { clearanceOf, elementCount, leaf, type RefTensor } from "../reference/tape.ts";
import { opsInShards } from "./batch_norm_in_shards.ts";
import { opsThatMoveBetas } from "./clear_of_kinks.ts";
import { mobileNetReference, parameterShapes, type ReferenceNetwork } from "./mobilenet_reference.ts";

/** The keys of the losses' table. */
export const LOSSES = ["basic", "hard", "semi-hard"] as const;
/** A key of the losses' table. */
export type LossKey = typeof LOSSES[number];

/** What the losses are computed with. */
export const TRIPLETS: TripletOptions = { margin: 0.3, metric: "euclidean", softMargin: false };

/** Numbers for one training step. */
export interface Scenario {
  readonly network: ReferenceNetwork;
  readonly images: RefTensor;
  readonly labels: number[];
  /** Trainable parameters by name. */
  readonly parameters: ReadonlyMap<string, RefTensor>;
  /** The features [N, F], on the tape of `images` and `parameters`. */
  readonly features: RefTensor;
}

/** How the parameters of batch norms are drawn: gammas uniform between two bounds, betas normal. */
export interface NormDraw {
  readonly gamma: readonly [low: number, high: number];
  readonly beta: { readonly mean: number; readonly deviation: number };
}

/** About half of all activations are clamped by ReLU6, on either side. */
export const OFTEN_CLAMPED: NormDraw = { gamma: [1, 2.5], beta: { mean: 1, deviation: 1.5 } };

/** Few activations are clamped, so that the loss is a smooth function of the weights along many steps. */
export const RARELY_CLAMPED: NormDraw = { gamma: [0.4, 1], beta: { mean: 2, deviation: 0.75 } };

/** How far every ReLU6, hinge and mined pair is kept from where its gradient jumps; f32 is off by some 1e-5. */
const CLEARANCE = 1e-3;
const MOST_LABELINGS = 500;

/**
 * Draws weights and `count` images of some identities, moves betas away from the kinks of ReLU6, and draws labels until
 * hinges and mining of all three losses are clear of theirs.
 *
 * @param options.identities among the images.
 * @param options.shards that batch norm normalizes separately.
 * @param options.toImages makes the images of what was drawn, about -1 to 1.
 * @throws Error when no draw of labels is.
 */
export function drawScenario(
  network: ReferenceNetwork,
  count: number,
  seed: number,
  norms: NormDraw = OFTEN_CLAMPED,
  { shards = 1, identities = 3, toImages = (drawn: Float32Array): ArrayLike<number> => drawn } = {},
): Scenario {
  const random = seededRandom(seed);
  const parameters = new Map<string, RefTensor>();
  for (const [name, shape] of parameterShapes(network.width)) {
    parameters.set(name, leaf(shape, drawParameter(name, shape, norms, random)));
  }
  const [h, w] = network.size;
  const images = leaf([count, h, w, 3], toImages(drawImages(count, h, w, random)));
  const ops = opsThatMoveBetas(1.1 * CLEARANCE, opsInShards(shards), shards);
  const features = mobileNetReference(ops, images, parameters, network);
  for (let draw = 0; draw < MOST_LABELINGS; draw++) {
    const labels = shuffled(Array.from({ length: count }, (_, i) => i % identities), random);
    const clear = LOSSES.every((key) => clearanceOf(referenceLoss(key, features, labels)) >= CLEARANCE);
    if (clear) return { network, images, labels, parameters, features };
  }
  throw new Error(`No labels in ${MOST_LABELINGS} draws keep hinges and mining clear of their kinks`);
}

/** A loss of features [N, F] in f64: rows scaled to length one, then the triplet loss, as the trainer has it. */
export function referenceLoss(key: LossKey, features: RefTensor, labels: number[]): RefTensor {
  const embeddings = referenceOps.l2Normalize(features, 1e-12);
  if (key === "hard") return referenceOps.hardTripletLoss(embeddings, labels, TRIPLETS);
  if (key === "semi-hard") return referenceOps.semiHardTripletLoss(embeddings, labels, TRIPLETS);
  const [count, width] = embeddings.shape;
  return referenceOps.basicTripletLoss(referenceOps.reshape(embeddings, [count / 3, 3, width]), TRIPLETS);
}

function shuffled(items: number[], random: SeededRandom): number[] {
  const keyed = items.map((item) => ({ item, key: random.uniform() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

function drawParameter(
  name: string,
  shape: readonly number[],
  { gamma: [low, high], beta }: NormDraw,
  random: SeededRandom,
): Float32Array {
  const count = elementCount(shape);
  const draw = (value: () => number) => Float32Array.from({ length: count }, value);
  if (name.endsWith(".gamma")) return draw(() => low + (high - low) * random.uniform());
  if (name.endsWith(".beta")) return draw(() => beta.mean + beta.deviation * random.normal());
  const fanIn = name.includes("depthwise") ? 9 : count / shape[shape.length - 1];
  return draw(() => Math.sqrt(2 / fanIn) * random.normal());
}

/** Images that differ as a whole, so that their embeddings do: a few waves of random color, and noise. */
function drawImages(count: number, h: number, w: number, random: SeededRandom): Float32Array {
  const images = new Float32Array(count * h * w * 3);
  for (let n = 0; n < count; n++) {
    const waves = Array.from({ length: 4 }, () => ({
      down: 12 * random.uniform() / h,
      right: 12 * random.uniform() / w,
      phase: 6.3 * random.uniform(),
      color: [random.normal(), random.normal(), random.normal()],
    }));
    for (let i = 0; i < h * w * 3; i++) {
      const [row, column, channel] = [Math.floor(i / (3 * w)), Math.floor(i / 3) % w, i % 3];
      images[n * h * w * 3 + i] = waves.reduce(
        (sum, { down, right, phase, color }) =>
          sum + color[channel] * Math.sin(down * row + right * column + phase),
        0.2 * random.normal(),
      );
    }
  }
  return images;
}
