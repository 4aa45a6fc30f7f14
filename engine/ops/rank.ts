/** Ranking a gallery by distances that stay on the GPU: nothing is sorted, and nothing here has a gradient. */
import { rankCount, rankNearest, rankPick, topK } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { record, temporary } from "../recorder.ts";
import { computed, type Tensor, Uint32Tensor } from "../tensor.ts";
import { max } from "./extreme.ts";
import { sizesOf } from "./sizes.ts";

/** Counts are exact in f32 up to here. */
const MOST_COLUMNS = 2 ** 24;

/**
 * The identities of the images of a block of distances, whole numbers from 1 on; 0 for images that are not ranked.
 */
export interface RankedIdentities {
  /** [Q], of the rows. */
  readonly query: Tensor;
  /** [N], of the columns. */
  readonly gallery: Tensor;
}

/**
 * Elements of each row by column: distances [Q, N], columns [Q, M] → [Q, M]. One at or past N gives 0.
 *
 * @throws {ShapeError} when the columns do not have the rows of the distances.
 */
export function pickColumns(distances: Tensor, columns: Uint32Tensor): Tensor {
  const { Q, N, M } = sizesOf("pickColumns", { distances: [distances, "Q N"], columns: [columns, "Q M"] });
  const kernel = rankPick({ queries: Q, gallery: N }, M);
  return computed(temporary([Q, M]), kernel, { distances: distances.value, columns: columns.value });
}

/**
 * How many gallery images of other identities are at a distance <= each threshold:
 * distances [Q, N], thresholds [Q, M] → [Q, M]. A threshold below 0 stands for none and counts nothing.
 *
 * @throws {ShapeError} when the shapes do not fit, or there are more than 2^24 columns, which f32 cannot count.
 */
export function countNearer(distances: Tensor, thresholds: Tensor, identities: RankedIdentities): Tensor {
  const { Q, M, N } = sizesOf("countNearer", {
    distances: [distances, "Q N"],
    thresholds: [thresholds, "Q M"],
    query: [identities.query, "Q"],
    gallery: [identities.gallery, "N"],
  });
  if (N > MOST_COLUMNS) throw new ShapeError(`countNearer() takes at most ${MOST_COLUMNS} columns; got ${N}`);
  return computed(temporary([Q, M]), rankCount({ queries: Q, gallery: N }, M), {
    distances: distances.value,
    thresholds: thresholds.value,
    gallery: identities.gallery.value,
    query: identities.query.value,
  });
}

/**
 * Columns of the `count` nearest gallery images of other identities, nearest first, of equals the lowest index first:
 * distances [Q, N], none below 0 → [Q, count], `NONE` where there are no more. Columns of NaN, of
 * any identity, come first, so that they are noticed.
 *
 * @throws {ShapeError} when the shapes do not fit.
 */
export function nearestOthers(distances: Tensor, count: number, identities: RankedIdentities): Uint32Tensor {
  const { Q, N } = sizesOf("nearestOthers", {
    distances: [distances, "Q N"],
    query: [identities.query, "Q"],
    gallery: [identities.gallery, "N"],
  });
  const nearest = temporary([Q, count], "u32");
  record(rankNearest({ queries: Q, gallery: N }, count), {
    distances: distances.value,
    gallery: identities.gallery.value,
    query: identities.query.value,
    nearest,
  });
  return new Uint32Tensor([Q, count], nearest);
}

/**
 * Columns of the `count` smallest distances of every row, nearest first, of equals the lowest index first:
 * distances [Q, N], none below 0 → [Q, count], `NONE` where there are no more. NaN comes first, so
 * that it is noticed. Unlike {@link nearestOthers} it ignores identities, and suits hundreds of columns as well.
 *
 * @param valid [1], how many columns hold something; the others are left out.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {RangeError} when `count` is more than `MOST_NEAREST`, or less than 1.
 */
export function nearestColumns(distances: Tensor, count: number, valid: Uint32Tensor): Uint32Tensor {
  const { Q, N } = sizesOf("nearestColumns", { distances: [distances, "Q N"], valid: [valid, "1"] });
  const nearest = temporary([Q, count], "u32");
  const shape = { queries: Q, gallery: N };
  record(topK(shape, count), { distances: distances.value, valid: valid.value, nearest });
  return new Uint32Tensor([Q, count], nearest);
}

/**
 * The largest distance of every row: distances [Q, N], none below 0 → [Q]; NaN for a row that holds one.
 *
 * @throws {ShapeError} when the distances are no matrix.
 */
export function farthestDistance(distances: Tensor): Tensor {
  sizesOf("farthestDistance", { distances: [distances, "Q N"] });
  return max(distances, 1);
}
