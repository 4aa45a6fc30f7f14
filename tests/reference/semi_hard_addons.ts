/**
 * Semi-hard triplet loss as TensorFlow Addons computes it: on whole matrices, with masked minima and maxima. Written
 * apart from the reference's own search so that the two can be compared.
 */

type Matrix = number[][];

/**
 * The loss of a B x B distance matrix. NaN where no two images share an identity, as there.
 * Source: tensorflow_addons.losses.triplet_semihard_loss.
 */
export function semiHardOfAddons(distances: Matrix, labels: readonly number[], margin: number): number {
  const size = labels.length;
  const all = Array.from({ length: size }, (_, i) => i);
  const same = all.map((i) => all.map((j) => labels[i] === labels[j]));
  const different = same.map((row) => row.map((value) => value ? 0 : 1));

  // Row j * size + i of the tiled matrix: distances of anchor i, masked to negatives beyond positive j.
  const tiled = all.flatMap(() => distances);
  const positives = all.flatMap((j) => all.map((i) => distances[i][j]));
  const beyond = tiled.map((row, r) =>
    row.map((d, n) => different[r % size][n] === 1 && d > positives[r] ? 1 : 0)
  );
  const outsideFlat = maskedMinimum(tiled, beyond);
  const inside = maskedMaximum(distances, different);

  let total = 0;
  let pairs = 0;
  for (const i of all) {
    for (const j of all) {
      const isPositive = (same[i][j] ? 1 : 0) - (i === j ? 1 : 0);
      const hasOutside = beyond[j * size + i].some((value) => value > 0);
      const negative = hasOutside ? outsideFlat[j * size + i] : inside[i];
      total += Math.max((margin + distances[i][j] - negative) * isPositive, 0);
      pairs += isPositive;
    }
  }
  return total / pairs;
}

/** Per row the least element under the mask, or the row's greatest where the mask is empty. */
function maskedMinimum(data: Matrix, mask: Matrix): number[] {
  return data.map((row, r) => {
    const greatest = Math.max(...row);
    return Math.min(...row.map((value, c) => (value - greatest) * mask[r][c])) + greatest;
  });
}

/** Per row the greatest element under the mask, or the row's least where the mask is empty. */
function maskedMaximum(data: Matrix, mask: Matrix): number[] {
  return data.map((row, r) => {
    const least = Math.min(...row);
    return Math.max(...row.map((value, c) => (value - least) * mask[r][c])) + least;
  });
}
