/** How a picture is stored turned or mirrored, and the way back. */

/**
 * EXIF's tag Orientation (CIPA DC-008, 4.6.5.1): 1 is upright; 2 to 4 are mirrored or upside down; in 5 to 8 a stored row
 * is a column of the upright picture.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const TAG = 0x0112;

/** Reads a value of these TIFF types: a byte, a 16-bit and a 32-bit integer. Cameras write the second. */
const READERS: Readonly<Record<number, (view: DataView, at: number, little: boolean) => number>> = {
  1: (view, at) => view.getUint8(at),
  3: (view, at, little) => view.getUint16(at, little),
  4: (view, at, little) => view.getUint32(at, little),
};

/**
 * The orientation in an EXIF block. Only the first directory counts: the second one describes a thumbnail.
 *
 * @param exif A TIFF header and its directories, with or without "Exif\0\0" in front.
 * @returns 1 where there is no valid orientation: damaged metadata do not cost the picture.
 */
export function exifOrientation(exif: Uint8Array): Orientation {
  const tiff = startsWith(exif, "Exif\0\0") ? exif.subarray(6) : exif;
  const little = startsWith(tiff, "II*\0");
  if (!little && !startsWith(tiff, "MM\0*")) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const directory = view.getUint32(4, little);
    const entries = view.getUint16(directory, little);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + 12 * i;
      if (view.getUint16(entry, little) !== TAG) continue;
      const value = READERS[view.getUint16(entry + 2, little)]?.(view, entry + 8, little);
      return isOrientation(value) ? value : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // An offset beyond the block.
  }
  return 1;
}

function isOrientation(value: number | undefined): value is Orientation {
  return value !== undefined && value >= 1 && value <= 8;
}

/** Whether bytes begin with these characters, one byte each. */
export function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Pixels [height, width, channels]. */
interface Pixels {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/** A stored picture turned upright; the same object where it is upright already. */
export function upright<P extends Pixels>(stored: P, orientation: Orientation): P {
  if (orientation === 1) return stored;
  const { width: columns, height: rows, channels, data } = stored;
  const turned = orientation >= 5;
  const [width, height] = turned ? [rows, columns] : [columns, rows];
  // Whether the stored columns, or the stored rows, run backwards in the upright picture.
  const columnStep = [2, 3, 7, 8].includes(orientation) ? -channels : channels;
  const rowStep = [3, 4, 6, 7].includes(orientation) ? -channels * columns : channels * columns;
  const first = (columnStep < 0 ? (columns - 1) * channels : 0) +
    (rowStep < 0 ? (rows - 1) * columns * channels : 0);
  const [across, down] = turned ? [rowStep, columnStep] : [columnStep, rowStep];
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0, from = first + y * down; x < width; x++, from += across) {
      for (let channel = 0; channel < channels; channel++) out[to++] = data[from + channel]!;
    }
  }
  return { ...stored, width, height, data: out };
}
