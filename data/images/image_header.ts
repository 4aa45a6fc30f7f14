/** What a picture's file says about itself, before it is decoded. */
import { fileKind } from "./file_kind.ts";
import { isJpeg, type JpegFile, readJpeg } from "./jpeg_file.ts";
import { isPng, type PngFile, readPng } from "./png_file.ts";

/** A JPEG or a PNG, whole as far as can be seen without decoding it. */
export type ImageHeader = ({ format: "jpeg" } & JpegFile) | ({ format: "png" } & PngFile);

/**
 * Reads a JPEG or PNG up to its compressed data; the content decides which, not the name.
 *
 * @throws {Error} With a reason such as "empty file", to show beside the file's name.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new Error("empty file");
  if (isPng(bytes)) return { format: "png", ...readPng(bytes) };
  if (isJpeg(bytes)) return { format: "jpeg", ...readJpeg(bytes) };
  throw new Error(`neither a JPEG nor a PNG but ${fileKind(bytes)}`);
}
