/** What a file's first bytes say of the picture in it. */
export interface ImageHeader {
  /** The format, by the first bytes. */
  format: "jpeg" | "png";
  /** Pixels across. */
  width: number;
  /** Pixels down. */
  height: number;
}

/** No crop of a person has more pixels; a header that claims more is refused before anything is decoded. */
export const MAX_PIXELS = 32 * 1024 * 1024;

/** No crop of a person is a larger file. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Reads format and size of a JPEG or PNG by its content; the file's name plays no part.
 *
 * @throws {Error} With a reason such as "empty file", to be shown beside the file's name.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new Error("empty file");
  const header = isPng(bytes) ? readPngHeader(bytes) : isJpeg(bytes) ? readJpegHeader(bytes) : undefined;
  if (header === undefined) throw new Error("neither a JPEG nor a PNG image");
  const { width, height } = header;
  if (width === 0 || height === 0) throw new Error(`an image of ${width} × ${height} pixels`);
  if (width * height > MAX_PIXELS) {
    throw new Error(
      `${width} × ${height} pixels are more than the ${MAX_PIXELS} allowed for a crop of a person`,
    );
  }
  return header;
}

function isPng(bytes: Uint8Array): boolean {
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte);
}

/** PNG specification, 5.6 and 11.2.2: IHDR is the first chunk, width and height its first eight bytes. */
function readPngHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < 24) throw new Error("truncated PNG");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { format: "png", width: view.getUint32(16), height: view.getUint32(20) };
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** ITU-T T.81, annex B: markers up to the frame header (SOF0 to SOF15 but DHT, JPG and DAC). */
function readJpegHeader(bytes: Uint8Array): ImageHeader {
  let at = 2;
  while (at + 9 <= bytes.length) {
    if (bytes[at] !== 0xff) throw new Error("broken JPEG: no marker where one should be");
    const marker = bytes[at + 1]!;
    if (marker === 0xff) { // A fill byte.
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      return {
        format: "jpeg",
        height: bytes[at + 5]! << 8 | bytes[at + 6]!,
        width: bytes[at + 7]! << 8 | bytes[at + 8]!,
      };
    }
    if (marker === 0xda || marker === 0xd9) throw new Error("broken JPEG: no frame header before the scan");
    const length = bytes[at + 2]! << 8 | bytes[at + 3]!;
    if (length < 2) throw new Error("broken JPEG: a segment shorter than its own length field");
    at += 2 + length;
  }
  throw new Error("truncated JPEG");
}
