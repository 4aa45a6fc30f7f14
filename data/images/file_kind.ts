/** What a file is that is no JPEG or PNG, for messages. */
import { startsWith } from "./orientation.ts";

/** First characters, each a byte, of files that lie among pictures; a dot stands for any byte. */
const KINDS: readonly [start: string, kind: string][] = [
  ["RIFF....WEBP", "a WebP image"],
  ["RIFF....AVI ", "an AVI video"],
  ["....ftypavi", "an AVIF image"],
  ["....ftyphei", "an HEIC image"],
  ["....ftyphev", "an HEIC image"],
  ["....ftypmif1", "an HEIC or AVIF image"],
  ["....ftypmsf1", "an HEIC or AVIF image"],
  ["....ftypcrx", "a raw image of a camera (CR3)"],
  ["....ftyp", "an MP4 or QuickTime video"],
  ["GIF8", "a GIF image"],
  ["BM", "a BMP image"],
  ["II*\0....CR", "a raw image of a camera (CR2)"],
  ["II*\0", "a TIFF image, or a raw image of a camera"],
  ["MM\0*", "a TIFF image, or a raw image of a camera"],
  ["II+\0", "a BigTIFF image"],
  ["MM\0+", "a BigTIFF image"],
  ["\xff\x0a", "a JPEG XL image"],
  ["\0\0\0\x0cJXL ", "a JPEG XL image"],
  ["\0\0\0\x0cjP  ", "a JPEG 2000 image"],
  ["\xff\x4f\xff\x51", "a JPEG 2000 image"],
  ["\xff\xd8\xff\xf7", "a JPEG-LS image"],
  ["\0\0\x01\0", "an icon"],
  ["8BPS", "a Photoshop document"],
  ["\x76\x2f\x31\x01", "an OpenEXR image"],
  ["qoif", "a QOI image"],
  ["DDS ", "a DDS texture"],
  ["P1", "a PBM image"],
  ["P2", "a PGM image"],
  ["P3", "a PPM image"],
  ["P4", "a PBM image"],
  ["P5", "a PGM image"],
  ["P6", "a PPM image"],
  ["%PDF", "a PDF document"],
  ["\0\x05\x16\x07", "macOS' notes about a file of this name (AppleDouble)"],
  ["PK\x03\x04", "a ZIP archive"],
  ["\x1f\x8b", "a gzip archive"],
  ["7z\xbc\xaf", "a 7z archive"],
  ["Rar!", "a RAR archive"],
  ["\x93NUMPY", "a NumPy array"],
  ["\x89HDF", "an HDF5 file"],
];

/** First words of texts, in lower case, after spaces. */
const TEXTS: readonly [start: RegExp, kind: string][] = [
  [
    /^version https:\/\/git-lfs/,
    "a pointer of Git LFS, whose picture was not downloaded (`git lfs pull` does so)",
  ],
  [
    /^(<!--.*?-->\s*)?(<!doctype html|<html|<head)/,
    "an HTML page, such as an error of the server in place of the picture",
  ],
  [/^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!doctype svg[^>]*>\s*)?<svg/, "an SVG drawing"],
  [/^<\?xml/, "an XML document"],
  [/^[{[]/, "a JSON text"],
];

/** Kinds that a converter for pictures reads. */
const PICTURE = /image|drawing|icon|Photoshop|texture/;

/**
 * What a file is by its first bytes, as a noun with its article, and what to do about it; the name's extension does not
 * count.
 */
export function fileKind(bytes: Uint8Array): string {
  const known = KINDS.find(([start]) => begins(bytes, start));
  if (known !== undefined) return withAdvice(known[1]);
  if (bytes.subarray(0, 4096).every((byte) => byte === 0)) {
    return "nothing but zeros, as after a copy that failed";
  }
  const text = textOf(bytes.subarray(0, 1024));
  if (text === undefined) return "of an unknown kind";
  return withAdvice(TEXTS.find(([start]) => start.test(text.trim().toLowerCase()))?.[1] ?? "a text");
}

function withAdvice(kind: string): string {
  return PICTURE.test(kind) ? `${kind}: convert it to JPEG or PNG, for example with ImageMagick` : kind;
}

function begins(bytes: Uint8Array, start: string): boolean {
  return bytes.length >= start.length &&
    [...start].every((character, i) => character === "." || bytes[i] === character.charCodeAt(0));
}

/** The bytes as text, or undefined where they are something else. */
function textOf(bytes: Uint8Array): string | undefined {
  const encoding = startsWith(bytes, "\xff\xfe")
    ? "utf-16le"
    : startsWith(bytes, "\xfe\xff")
    ? "utf-16be"
    : "utf-8";
  // Not fatal: the last character may be cut.
  const text = new TextDecoder(encoding).decode(bytes);
  // deno-lint-ignore no-control-regex
  return /[\u0000-\u0008\u000e-\u001f]|\ufffd./.test(text) ? undefined : text;
}
