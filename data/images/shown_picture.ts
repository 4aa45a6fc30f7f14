/** Pictures for pages, in files that a browser shows as the network sees them. */
import { Buffer } from "node:buffer";
import { readImageHeader } from "./image_header.ts";

/**
 * A picture's file as a page may show it. A browser turns pictures upright itself, and finds the colors of a JPEG by the
 * same rules. Of a PNG it gets only what makes the pixels, and their orientation: a key color would be transparent.
 *
 * @throws {Error} With the reason why the picture cannot be decoded.
 */
export function shownPicture(bytes: Uint8Array): { format: "jpeg" | "png"; bytes: Uint8Array } {
  const header = readImageHeader(bytes);
  if (header.format === "jpeg") return { format: "jpeg", bytes };
  const { parts, exif = new Uint8Array() } = header;
  return { format: "png", bytes: Buffer.concat([...parts.slice(0, 2), exif, ...parts.slice(2)]) };
}

/**
 * The address of a picture that a page holds itself.
 *
 * @throws {Error} With the reason why the picture cannot be decoded.
 */
export function pictureAddress(bytes: Uint8Array): string {
  const shown = shownPicture(bytes);
  return `data:image/${shown.format};base64,${shown.bytes.toBase64()}`;
}
