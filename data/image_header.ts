/** What a picture's file says about itself, before it is decoded. */
import { fileKind } from "./file_kind.ts";
import { isJpeg, type JpegFile, readJpeg } from "./jpeg_file.ts";
import { isPng, type PngFile, readPng } from "./png_file.ts";

/** A JPEG or a PNG, whole as far as can be seen without decoding it. */
export type ImageHeader = ({ format: "jpeg" } & JpegFile) | ({ format: "png" } & PngFile);

/** A header with more pixels than these is refused before anything is decoded: no crop of a person is as large. */
export const MAX_PIXELS = 32 * 1024 * 1024;

/** Larger files are refused: no crop of a person is as large. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Reads a JPEG or PNG up to its compressed data; the content decides which, not the name.
 *
 * @throws {Error} With a reason such as "empty file", to show beside the file's name.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new Error("empty file");
  const header = isPng(bytes) ? readPngHeader(bytes) : isJpeg(bytes) ? readJpegHeader(bytes) : undefined;
  if (header === undefined) throw new Error(`neither a JPEG nor a PNG but ${fileKind(bytes)}`);
  const { width, height } = header;
  if (width === 0 || height === 0) throw new Error(`an image of ${width} × ${height} pixels`);
  if (width * height > MAX_PIXELS) {
    throw new Error(
      `${width} × ${height} pixels are more than the ${MAX_PIXELS} allowed for a crop of a person`,
    );
  }
  return header;
}

function readPngHeader(bytes: Uint8Array): ImageHeader {
  return { format: "png", ...readPng(bytes) };
}

function readJpegHeader(bytes: Uint8Array): ImageHeader {
  return { format: "jpeg", ...readJpeg(bytes) };
}
