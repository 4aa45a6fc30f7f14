/**
 * The colour histogram baseline: what colours alone, without any learning, find in a gallery (Swain & Ballard
 * 1991, "Color Indexing"). A descriptor is the share of an image's pixels in each of 8 × 8 × 8 equal cells of RGB;
 * the distance of two is half their L1 distance, which is one minus the histogram intersection. L1 is chosen over
 * L2 because it is the stronger of the two, and a baseline should be.
 */
import { type ImageLabels, RankingAccumulator, type RankingResult } from "./ranking.ts";

/** Bins of a histogram: 8 per channel. */
export const HISTOGRAM_BINS = 8 * 8 * 8;

/**
 * The histogram of one image; its bins sum to 1.
 *
 * @param rgb packed pixels [H, W, 3], 8 bits each.
 * @returns [512]; the bin of a pixel is 64·⌊r/32⌋ + 8·⌊g/32⌋ + ⌊b/32⌋.
 * @throws {RangeError} if the length is 0 or no multiple of 3.
 */
export function colourHistogram(rgb: Uint8Array): Float32Array {
  if (rgb.length === 0 || rgb.length % 3 !== 0) {
    throw new RangeError(`Cannot take the histogram of ${rgb.length} bytes: packed RGB has 3 a pixel`);
  }
  const histogram = new Float32Array(HISTOGRAM_BINS);
  for (let at = 0; at < rgb.length; at += 3) {
    histogram[(rgb[at] >> 5) << 6 | (rgb[at + 1] >> 5) << 3 | rgb[at + 2] >> 5]++;
  }
  const pixels = rgb.length / 3;
  return histogram.map((count) => count / pixels);
}

/** A set of images as the baseline sees them: one {@linkcode colourHistogram} each, and their labels. */
export interface HistogramSet {
  readonly histograms: readonly Float32Array[];
  readonly labels: ImageLabels;
}

/**
 * Ranks a gallery for every query by colour histograms alone.
 *
 * @throws {RangeError} if a set has not one histogram for each label.
 */
export function rankByColour(queries: HistogramSet, gallery: HistogramSet): RankingResult {
  for (const { histograms, labels } of [queries, gallery]) {
    if (histograms.length !== labels.identity.length) {
      throw new RangeError(`Cannot rank ${histograms.length} histograms by ${labels.identity.length} labels`);
    }
  }
  const width = gallery.histograms.length;
  const columns = new Float32Array(HISTOGRAM_BINS * width);
  gallery.histograms.forEach((histogram, j) => {
    for (let bin = 0; bin < HISTOGRAM_BINS; bin++) columns[bin * width + j] = histogram[bin];
  });
  const accumulator = new RankingAccumulator(gallery.labels);
  const row = new Float32Array(width);
  queries.histograms.forEach((histogram, q) => {
    row.fill(1);
    histogram.forEach((share, bin) => {
      if (share === 0) return;
      const column = columns.subarray(bin * width, (bin + 1) * width);
      for (let j = 0; j < width; j++) row[j] -= Math.min(share, column[j]);
    });
    const { identity, camera } = queries.labels;
    accumulator.addRanks(accumulator.ranks(row, identity[q], camera[q]));
  });
  return accumulator.result();
}
