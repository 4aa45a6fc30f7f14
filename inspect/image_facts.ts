/** What the pixels of one crop say about it: brightness, sharpness, and a thumbnail to compare it by. */

/** The size at which all crops are measured, so that crops of different sizes can be compared. */
export const MEASURED = { height: 128, width: 64 };

/** Cells of a thumbnail. */
const ROWS = 16, COLUMNS = 8;

/** Length of a thumbnail: red, green and blue of each cell. */
export const THUMBNAIL: number = ROWS * COLUMNS * 3;

/** Weights of red, green and blue in the luma, as in JPEG (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;

/** Measures of a crop. */
export interface ImageMeasures {
  /** Mean luma, 0 (black) to 255 (white). */
  readonly brightness: number;
  /**
   * Variance of the luma's Laplacian (4 neighbors): low where a crop is blurred (Pech-Pacheco et al. 2000, "Diatom
   * Autofocusing in Brightfield Microscopy: A Comparative Study").
   */
  readonly sharpness: number;
}

/**
 * Measures a crop.
 *
 * @param rgb pixels [128, 64, 3], 8 bits each.
 */
export function measure(rgb: Uint8Array): ImageMeasures {
  const { height, width } = MEASURED;
  const luma = new Float64Array(height * width);
  let sum = 0;
  for (let i = 0; i < luma.length; i++) {
    const value = LUMA[0] * rgb[3 * i]! + LUMA[1] * rgb[3 * i + 1]! + LUMA[2] * rgb[3 * i + 2]!;
    luma[i] = value;
    sum += value;
  }
  let total = 0, squares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const laplacian = luma[i - 1]! + luma[i + 1]! + luma[i - width]! + luma[i + width]! - 4 * luma[i]!;
      total += laplacian;
      squares += laplacian * laplacian;
    }
  }
  const inside = (height - 2) * (width - 2);
  return { brightness: sum / luma.length, sharpness: squares / inside - (total / inside) ** 2 };
}

/**
 * Writes a crop's thumbnail: 16 × 8 cells, of each the mean red, green and blue, from −0.5 to 0.5, over √384. The
 * distance of two thumbnails times 255 is then their root-mean-square difference in gray levels.
 *
 * @param rgb pixels [128, 64, 3], 8 bits each.
 * @param out receives {@link THUMBNAIL} numbers.
 */
export function thumbnail(rgb: Uint8Array, out: Float32Array): void {
  const { height, width } = MEASURED;
  const down = height / ROWS, across = width / COLUMNS;
  const scale = 1 / Math.sqrt(THUMBNAIL);
  for (let row = 0, to = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      for (let channel = 0; channel < 3; channel++, to++) {
        let sum = 0;
        for (let y = row * down; y < (row + 1) * down; y++) {
          for (let x = column * across; x < (column + 1) * across; x++) {
            sum += rgb[3 * (y * width + x) + channel]!;
          }
        }
        out[to] = (sum / (down * across) / 255 - 0.5) * scale;
      }
    }
  }
}

/** A distance of two thumbnails as their root-mean-square difference in gray levels. */
export const inLevels = (distance: number): number => 255 * distance;
