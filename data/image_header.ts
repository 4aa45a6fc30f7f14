/** What a file's first bytes say about its image. */
export interface ImageHeader {
  /** The format, by the first bytes. */
  format: "jpeg" | "png";
  /** Pixels across. */
  width: number;
  /** Pixels down. */
  height: number;
}

/** A header with more pixels than these is refused before anything is decoded: no crop of a person is as large. */
export const MAX_PIXELS = 32 * 1024 * 1024;

/** Larger files are refused: no crop of a person is as large. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Reads the format and size of a JPEG or PNG from its content.
 *
 * @throws {Error} With a reason such as "empty file", to show beside the file's name.
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

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isPng(bytes: Uint8Array): boolean {
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte);
}

/** PNG specification, 5.6 and 11.2.2: IHDR is the first chunk, width and height its first eight bytes. */
function readPngHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < 24) throw new Error("truncated PNG");
  const view = viewOf(bytes);
  return { format: "png", width: view.getUint32(16), height: view.getUint32(20) };
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** ITU-T T.81, annex B: markers up to the frame header (SOF0 to SOF15 but DHT, JPG and DAC). */
function readJpegHeader(bytes: Uint8Array): ImageHeader {
  const view = viewOf(bytes);
  let at = 2;
  while (at + 9 <= bytes.length) {
    if (view.getUint8(at) !== 0xff) throw new Error("damaged JPEG: a marker is missing");
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) { // A fill byte.
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      return { format: "jpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    if (marker === 0xda || marker === 0xd9) throw new Error("damaged JPEG: no frame header before the scan");
    const length = view.getUint16(at + 2);
    if (length < 2) throw new Error("damaged JPEG: a segment shorter than its length field");
    at += 2 + length;
  }
  throw new Error("truncated JPEG");
}
