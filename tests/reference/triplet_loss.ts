/** The triplet losses of the f64 reference: a distance node, a choice without gradient, a mean of hinges. */
import { pairwiseDistance, tripletDistance } from "./distance.ts";
import { add, logistic, softplusOf } from "./elementwise.ts";
import type { TripletOptions } from "./settings.ts";
import { expectShape } from "./shapes.ts";
import { type Indices, record, type RefTensor } from "./tape.ts";
import { mineAll, type Mined, mineHard, mineNearestOthers, mineSemiHard } from "./triplet_mining.ts";

/** Embeddings [T, 3, D] as anchor, positive, negative: the mean over T. */
export function basicTripletLoss(embeddings: RefTensor, options: TripletOptions): RefTensor {
  const distances = tripletDistance(embeddings, options.metric);
  const terms = Array.from(
    { length: distances.shape[0] },
    (_, t) => ({ positive: 2 * t, negative: 2 * t + 1 }),
  );
  return meanOfHinges(distances, terms, options, Infinity);
}

/** Embeddings [B, D]: batch-hard, the mean over anchors that have a positive and a negative; 0 where none has. */
export function hardTripletLoss(embeddings: RefTensor, labels: Indices, options: TripletOptions): RefTensor {
  return minedLoss(embeddings, labels, options, mineHard);
}

/** Embeddings [B, D]: semi-hard, the mean over ordered positive pairs; 0 where there is none. */
export function semiHardTripletLoss(
  embeddings: RefTensor,
  labels: Indices,
  options: TripletOptions,
): RefTensor {
  return minedLoss(embeddings, labels, options, mineSemiHard);
}

/** Embeddings [B, D]: batch-all, the mean over the triplets whose hinge is above 0 (softplus: over all); 0 without. */
export function batchAllTripletLoss(
  embeddings: RefTensor,
  labels: Indices,
  options: TripletOptions,
): RefTensor {
  return minedLoss(embeddings, labels, options, mineAll, "active");
}

/** Embeddings [B, D]: batch-hard, and with half the margin the positives against the nearest negative and its nearest third. */
export function quadrupletLoss(embeddings: RefTensor, labels: Indices, options: TripletOptions): RefTensor {
  const distances = pairwiseDistance(embeddings, options.metric);
  const { pairs, clearance } = mineNearestOthers(distances.data, labels);
  const terms = pairs.map(({ positive, others }) => ({
    positive: positive[0] * labels.length + positive[1],
    negative: others[0] * labels.length + others[1],
  }));
  const half = { ...options, margin: options.margin / 2 };
  return add(hardTripletLoss(embeddings, labels, options), meanOfHinges(distances, terms, half, clearance));
}

function minedLoss(
  embeddings: RefTensor,
  labels: Indices,
  options: TripletOptions,
  mine: (distances: Float64Array, labels: readonly number[]) => Mined,
  mean: "all" | "active" = "all",
): RefTensor {
  expectShape("Embeddings, one row a label,", embeddings, [labels.length, -1]);
  const distances = pairwiseDistance(embeddings, options.metric);
  const { triplets, clearance } = mine(distances.data, labels);
  const terms = triplets.map(({ anchor, positive, negative }) => ({
    positive: anchor * labels.length + positive,
    negative: negative === null ? null : anchor * labels.length + negative,
  }));
  return meanOfHinges(distances, terms, options, clearance, mean);
}

/** Two elements of the distances; a null negative stands for a constant distance of 0. */
interface Term {
  positive: number;
  negative: number | null;
}

function meanOfHinges(
  distances: RefTensor,
  terms: Term[],
  { margin, softMargin }: TripletOptions,
  miningClearance: number,
  mean: "all" | "active" = "all",
): RefTensor {
  const reachOf = ({ positive, negative }: Term) =>
    distances.data[positive] - (negative === null ? 0 : distances.data[negative]) + margin;
  const counted = softMargin || mean === "all" ? terms : terms.filter((term) => reachOf(term) > 0);
  let loss = 0;
  let clearance = miningClearance;
  const gradient = new Float64Array(distances.data.length);
  for (const { positive, negative } of terms) {
    const difference = distances.data[positive] - (negative === null ? 0 : distances.data[negative]);
    const reach = difference + margin;
    loss += (softMargin ? softplusOf(difference) : Math.max(reach, 0)) / Math.max(1, counted.length);
    const slope = (softMargin ? logistic(difference) : reach > 0 ? 1 : 0) / Math.max(1, counted.length);
    gradient[positive] += slope;
    if (negative !== null) gradient[negative] -= slope;
    if (!softMargin) clearance = Math.min(clearance, Math.abs(reach));
  }
  return record([], Float64Array.of(loss), [distances], (dy) => [gradient.map((g) => g * dy[0])], clearance);
}
