/** The chunks of a PNG file (W3C PNG specification, 5), read before it is decoded. */
import { requireAllowedSize } from "../image_limits.ts";
import { exifOrientation, type Orientation, startsWith } from "./orientation.ts";

/** What the chunks say. */
export interface PngFile {
  /** Pixels across and down, as stored. */
  width: number;
  height: number;
  orientation: Orientation;
  /** The signature and the chunks that the decoder takes, each whole: a PNG file. */
  parts: readonly Uint8Array[];
  /** The chunk with the EXIF block, whole. */
  exif?: Uint8Array;
}

const SIGNATURE = "\x89PNG\r\n\x1a\n";

/** Chunks that make the pixels. Others would change them: a key color (`tRNS`) would turn black. */
const NEEDED = ["IHDR", "PLTE", "IDAT", "IEND"];

/** Whether bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return startsWith(bytes, SIGNATURE);
}

/**
 * Reads all chunks.
 *
 * @throws {Error} With the reason why this is not a whole picture that can be decoded.
 */
export function readPng(bytes: Uint8Array): PngFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [bytes.subarray(0, SIGNATURE.length)];
  let size: { width: number; height: number } | undefined;
  let exif: Uint8Array | undefined;
  let filled = false;
  for (let at = SIGNATURE.length, type = ""; type !== "IEND" && at + 8 <= bytes.length;) {
    const length = view.getUint32(at), end = at + 12 + length;
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const needed = NEEDED.includes(type);
    if (end > bytes.length) {
      if (needed && type !== "IEND") throw truncated(bytes.length, `, and its chunk ${type} at byte ${end}`);
      break;
    }
    if (size === undefined) {
      if (type === "CgBI") {
        throw new Error("a PNG in the form of Apple's apps (CgBI): convert it to a standard PNG");
      }
      if (type !== "IHDR" || length !== 13) throw new Error("damaged PNG: it does not begin with its header");
      size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
      requireAllowedSize(size.width, size.height);
    } else if (type === "IHDR") {
      throw new Error(`damaged PNG: a second header at byte ${at}`);
    }
    if (needed) parts.push(bytes.subarray(at, end));
    if (type === "eXIf") exif ??= bytes.subarray(at, end);
    filled ||= type === "IDAT";
    at = end;
  }
  if (size === undefined) throw truncated(bytes.length, " in its header");
  if (!filled) throw truncated(bytes.length, " and has no pixels");
  const orientation = exif === undefined ? 1 : exifOrientation(exif.subarray(8, -4));
  return { ...size, orientation, parts, ...(exif && { exif }) };
}

function truncated(length: number, where: string): Error {
  return new Error(`truncated PNG: the file ends at byte ${length}${where}`);
}
