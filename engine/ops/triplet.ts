/** Selection of triplets from a batch, and their loss. */
import {
  hardTriplets,
  nearestIdentities,
  nearestOthers,
  semiHardTriplets,
  tripletGradient,
  type TripletLossShape,
  tripletTerms,
} from "../../kernels/mod.ts";
import { record, temporary } from "../recorder.ts";
import { constantUint32, type Tensor, Uint32Tensor } from "../tensor.ts";
import { sizesOf } from "./sizes.ts";
import { checkBatch, lossOf, type TripletResult } from "./triplet_total.ts";

export type { TripletResult };

/** How selected triplets become a loss. */
export type TripletLossOptions = Omit<TripletLossShape, "rows" | "columns" | "slots">;

/**
 * The farthest positive and the nearest negative of every anchor, of equals that of lowest index.
 *
 * distances [B, B], labels [B] → selection [B, 1, 2] of columns, `NONE` where there is none.
 * Hermans, Beyer and Leibe, 2017.
 *
 * @throws {ShapeError} when the distances are not square with a row for every label.
 */
export function selectHard(distances: Tensor, labels: Uint32Tensor): Uint32Tensor {
  const batch = checkBatch("selectHard", distances, labels);
  const selection = temporary([batch, 1, 2], "u32");
  record(hardTriplets(batch), { distances: distances.value, labels: labels.value, selection });
  return new Uint32Tensor([batch, 1, 2], selection);
}

/**
 * For every ordered positive pair the nearest negative strictly farther than the positive, or the farthest negative
 * where none is; of equals that of lowest index.
 *
 * distances [B, B], labels [B] → selection [B, B, 2] of columns: the positive, `NONE` where the two are no pair, and
 * the negative, `NONE` where the anchor has none. Schroff, Kalenichenko and Philbin, 2015, as in TensorFlow Addons.
 *
 * @throws {ShapeError} when the distances are not square with a row for every label.
 */
export function selectSemiHard(distances: Tensor, labels: Uint32Tensor): Uint32Tensor {
  const batch = checkBatch("selectSemiHard", distances, labels);
  const selection = temporary([batch, batch, 2], "u32");
  record(semiHardTriplets(batch), { distances: distances.value, labels: labels.value, selection });
  return new Uint32Tensor([batch, batch, 2], selection);
}

/**
 * The second half of every anchor's hardest quadruplet: its positive from {@link selectHard} against its nearest negative
 * with the image nearest to that one of a third identity, of equals that of lowest index.
 *
 * distances [B, B], labels [B], hard [B, 1, 2] → selection [1, B, 2] for distances reshaped to [1, B · B], `NONE` where there is none.
 * Chen, Chen, Zhang and Huang, "Beyond triplet loss", 2017.
 *
 * @throws {ShapeError} when the distances are not square with a row for every label.
 */
export function selectNearestOthers(
  distances: Tensor,
  labels: Uint32Tensor,
  hard: Uint32Tensor,
): Uint32Tensor {
  const batch = checkBatch("selectNearestOthers", distances, labels);
  const nearest = temporary([batch, 2], "u32");
  const selection = temporary([1, batch, 2], "u32");
  record(nearestIdentities(batch), { distances: distances.value, labels: labels.value, nearest });
  record(nearestOthers(batch), { labels: labels.value, hard: hard.value, nearest, selection });
  return new Uint32Tensor([1, batch, 2], selection);
}

/** The selection that takes every row (d(a, p), d(a, n)) of distances [T, 2] as one triplet: [T, 1, 2]. */
export function selectGiven(triplets: number): Uint32Tensor {
  const columns = constantUint32(Array.from({ length: 2 * triplets }, (_, i) => i % 2));
  return new Uint32Tensor([triplets, 1, 2], columns.value);
}

/**
 * Mean over the selected triplets of max(0, d(a, p) - d(a, n) + margin); 0 with zero gradient where there are none.
 *
 * distances [R, C], selection [R, S, 2] of columns of the same row; `embeddings` [..., D] serve for their
 * spread only.
 *
 * @throws {ShapeError} when distances and selection do not have the same rows.
 */
export function tripletLoss(
  distances: Tensor,
  selection: Uint32Tensor,
  embeddings: Tensor,
  options: TripletLossOptions,
): TripletResult {
  const { R, C, S } = sizesOf("tripletLoss", {
    distances: [distances, "R C"],
    selection: [selection, "R S 2"],
  });
  const shape = { rows: R, columns: C, slots: S, ...options };
  const triplets = { selection: selection.value };
  return lossOf(distances, triplets, embeddings, "all", tripletTerms(shape), tripletGradient(shape));
}
