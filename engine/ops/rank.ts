/** Ranking a gallery by distances that stay on the GPU: nothing is sorted, and nothing here has a gradient. */
import { rankCount, rankFarthest, rankNearest, rankPick, topK } from "../../kernels/mod.ts";
import { ShapeError } from "../errors.ts";
import { record, temporary } from "../recorder.ts";
import { Tensor, Uint32Tensor } from "../tensor.ts";

/** Counts are exact in f32 up to here. */
const MOST_COLUMNS = 2 ** 24;

/**
 * Who is on the images behind a block of distances: whole numbers from 1 on, equal where the person is; 0 for images
 * that are not ranked.
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
  const [queries, gallery] = distances.shape;
  const [rows, picked] = columns.shape;
  if (distances.shape.length !== 2 || columns.shape.length !== 2 || rows !== queries) {
    throw new ShapeError(
      `pickColumns() takes distances [Q, N] and columns [Q, M]; got [${distances.shape}] and [${columns.shape}]`,
    );
  }
  const y = temporary([queries, picked]);
  record(rankPick({ queries, gallery }, picked), { distances: distances.value, columns: columns.value, y });
  return new Tensor([queries, picked], y);
}

/**
 * How many gallery images of other identities are at a distance <= each threshold:
 * distances [Q, N], thresholds [Q, M] → [Q, M]. A threshold below 0 stands for none and counts nothing.
 *
 * @throws {ShapeError} when the shapes do not fit, or there are more than 2^24 columns, which f32 cannot count.
 */
export function countNearer(distances: Tensor, thresholds: Tensor, identities: RankedIdentities): Tensor {
  const shape = rankShape("countNearer", distances, identities);
  const [rows, count] = thresholds.shape;
  if (thresholds.shape.length !== 2 || rows !== shape.queries || shape.gallery > MOST_COLUMNS) {
    throw new ShapeError(
      `countNearer() takes thresholds [Q, M] for distances [Q, N] with N <= 2^24; got [${thresholds.shape}] for ` +
        `[${distances.shape}]`,
    );
  }
  const counts = temporary([rows, count]);
  record(rankCount(shape, count), {
    distances: distances.value,
    thresholds: thresholds.value,
    gallery: identities.gallery.value,
    query: identities.query.value,
    counts,
  });
  return new Tensor([rows, count], counts);
}

/**
 * Columns of the `count` nearest gallery images of other identities, nearest first, of equals the lowest index first:
 * distances [Q, N], none below 0 → [Q, count], `NONE` where there are no more. Columns of NaN, whoever they belong to,
 * come before all others, so that they can be noticed.
 *
 * @throws {ShapeError} when the shapes do not fit.
 */
export function nearestOthers(distances: Tensor, count: number, identities: RankedIdentities): Uint32Tensor {
  const shape = rankShape("nearestOthers", distances, identities);
  const nearest = temporary([shape.queries, count], "u32");
  record(rankNearest(shape, count), {
    distances: distances.value,
    gallery: identities.gallery.value,
    query: identities.query.value,
    nearest,
  });
  return new Uint32Tensor([shape.queries, count], nearest);
}

/**
 * Columns of the `count` smallest distances of every row, nearest first, of equals the lowest index first:
 * distances [Q, N], none below 0 → [Q, count], `NONE` where there are no more. NaN comes before all others, so that it
 * can be noticed. Unlike {@link nearestOthers} it knows of no identities, and is meant for hundreds of columns as well.
 *
 * @param valid [1], how many columns hold something; the others are left out.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {RangeError} when `count` is more than `MOST_NEAREST`, or less than 1.
 */
export function nearestColumns(distances: Tensor, count: number, valid: Uint32Tensor): Uint32Tensor {
  const [queries, gallery] = distances.shape;
  if (distances.shape.length !== 2 || valid.shape.join() !== "1") {
    throw new ShapeError(
      `nearestColumns() takes distances [Q, N] and valid [1]; got [${distances.shape}] and [${valid.shape}]`,
    );
  }
  const nearest = temporary([queries, count], "u32");
  record(topK({ queries, gallery }, count), { distances: distances.value, valid: valid.value, nearest });
  return new Uint32Tensor([queries, count], nearest);
}

/**
 * The largest distance of every row: distances [Q, N], none below 0 → [Q]; NaN for a row that holds one.
 *
 * @throws {ShapeError} when the distances are no matrix.
 */
export function farthestDistance(distances: Tensor): Tensor {
  const [queries, gallery] = distances.shape;
  if (distances.shape.length !== 2) {
    throw new ShapeError(`farthestDistance() takes distances [Q, N]; got [${distances.shape}]`);
  }
  const farthest = temporary([queries]);
  record(rankFarthest({ queries, gallery }), { distances: distances.value, farthest });
  return new Tensor([queries], farthest);
}

function rankShape(op: string, distances: Tensor, { query, gallery }: RankedIdentities) {
  const [rows, columns] = distances.shape;
  if (
    distances.shape.length !== 2 || query.shape.join() !== `${rows}` || gallery.shape.join() !== `${columns}`
  ) {
    throw new ShapeError(
      `${op}() takes distances [Q, N] and identities [Q] and [N]; got [${distances.shape}], [${query.shape}] and ` +
        `[${gallery.shape}]`,
    );
  }
  return { queries: rows, gallery: columns };
}
