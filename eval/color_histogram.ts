/**
 * The color histogram baseline: ranking by colors only, without training (Swain & Ballard 1991, "Color Indexing"). A
 * descriptor is the share of an image in each of 8 × 8 × 8 equal cells of RGB. Pixels are weighted by a Gaussian around
 * the center, as in Zheng et al. 2015, because the borders show background: unweighted, every image is nearest to
 * others of the same camera, and the baseline is useless. The distance is half the L1 distance, which is one minus the
 * histogram intersection. L1 ranks better than L2, and a baseline should be strong.
 */
import { itemAt } from "../engine/item_at.ts";
import { type ImageLabels, RankingAccumulator, type RankingResult } from "./ranking.ts";
import { type Share, WHOLE } from "./share.ts";

/** Bins of a histogram: 8 per channel. */
export const HISTOGRAM_BINS: number = 8 * 8 * 8;

/** Standard deviations of the Gaussian, in widths and in heights of the image. */
const SIGMA_X = 0.15, SIGMA_Y = 0.3;

/** exp(−u²/2σ²) at the middles of `size` pixels, u being the offset from the center over the size. */
function gaussian(size: number, sigma: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    const offset = (i + 0.5) / size - 0.5;
    return Math.exp(-(offset ** 2) / (2 * sigma ** 2));
  });
}

/**
 * The histogram of one image, weighted toward its center; its bins sum to 1.
 *
 * @param rgb Packed pixels [height, width, 3], 8 bits each.
 * @returns [512]; the bin of a pixel is 64·⌊r/32⌋ + 8·⌊g/32⌋ + ⌊b/32⌋.
 * @throws {RangeError} If the pixels do not have this size.
 */
export function colorHistogram(rgb: Uint8Array, height: number, width: number): Float32Array {
  if (rgb.length === 0 || rgb.length !== height * width * 3) {
    const needed = height * width * 3;
    throw new RangeError(
      `Cannot take the histogram of ${rgb.length} bytes: ${height} × ${width} pixels of packed RGB have ${needed}`,
    );
  }
  const across = gaussian(width, SIGMA_X), down = gaussian(height, SIGMA_Y);
  const histogram = new Float64Array(HISTOGRAM_BINS);
  let total = 0, offset = 0;
  for (const vertical of down) {
    for (const horizontal of across) {
      const weight = horizontal * vertical;
      const bin = (rgb[offset]! >> 5) << 6 | (rgb[offset + 1]! >> 5) << 3 | rgb[offset + 2]! >> 5;
      histogram[bin]! += weight;
      total += weight;
      offset += 3;
    }
  }
  return Float32Array.from(histogram, (weight) => weight / total);
}

/** A set of images by their {@linkcode colorHistogram}. */
export interface HistogramSet {
  /** One for each image. */
  readonly histograms: readonly Float32Array[];
  /** In the order of the histograms. */
  readonly labels: ImageLabels;
}

/**
 * Ranks a gallery for every query by color histograms.
 *
 * @param share That of this process, where several rank together; all get the result.
 * @throws {RangeError} If a set has not one histogram for each label.
 */
export async function rankByColor(
  queries: HistogramSet,
  gallery: HistogramSet,
  share: Share = WHOLE,
): Promise<RankingResult> {
  for (const { histograms, labels } of [queries, gallery]) {
    if (histograms.length !== labels.identity.length) {
      throw new RangeError(`Cannot rank ${histograms.length} histograms by ${labels.identity.length} labels`);
    }
  }
  const width = gallery.histograms.length;
  const columns = new Float32Array(HISTOGRAM_BINS * width);
  gallery.histograms.forEach((histogram, j) => {
    histogram.forEach((share, bin) => columns[bin * width + j] = share);
  });
  const accumulator = new RankingAccumulator(gallery.labels);
  const row = new Float32Array(width);
  const [first, last] = share.range(queries.histograms.length);
  const ranked = queries.histograms.slice(first, last).map((histogram, i) => {
    row.fill(1);
    histogram.forEach((share, bin) => {
      if (share === 0) return;
      const column = columns.subarray(bin * width, (bin + 1) * width);
      for (let j = 0; j < width; j++) row[j]! -= Math.min(share, column[j]!);
    });
    const { identity, camera } = queries.labels;
    return accumulator.ranks(row, itemAt(identity, first + i), itemAt(camera, first + i));
  });
  for (const ranks of (await share.gather(ranked)).flat()) accumulator.addRanks(ranks);
  return accumulator.result();
}
