/**
 * A checksum inside a safetensors file: `sha256` in its metadata is the SHA-256 of the whole file with 64 zeros in the
 * checksum's own place. The file stays one that any library reads.
 */
import { encodeSafetensors, type SafetensorsTensor } from "../model/safetensors.ts";

const NONE = "0".repeat(64);
const BEFORE = new TextEncoder().encode('"sha256":"');

/** A safetensors file with its checksum: equal tensors and metadata give equal bytes. */
export async function encodeWithChecksum(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = encodeSafetensors(tensors, { ...metadata, sha256: NONE });
  write(bytes, placeOf(bytes)!, await sha256(bytes));
  return bytes;
}

/**
 * Whether a file is as it was written, down to the last bit; undefined where it has no checksum.
 *
 * @param bytes the file; while its checksum is made, zeros stand in the checksum's place.
 */
export async function isIntact(bytes: Uint8Array<ArrayBuffer>): Promise<boolean | undefined> {
  const place = placeOf(bytes);
  if (place === undefined) return undefined;
  const written = new TextDecoder().decode(bytes.subarray(place, place + NONE.length));
  write(bytes, place, NONE);
  const found = await sha256(bytes);
  write(bytes, place, written);
  return found === written;
}

/** Where the checksum stands: in metadata quotes are escaped, so that no other text looks like it. */
function placeOf(bytes: Uint8Array): number | undefined {
  const headerEnd = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  for (let at = 8; at < headerEnd - BEFORE.length - NONE.length; at++) {
    if (BEFORE.every((byte, i) => bytes[at + i] === byte)) return at + BEFORE.length;
  }
  return undefined;
}

function write(bytes: Uint8Array, place: number, text: string): void {
  bytes.set(new TextEncoder().encode(text), place);
}

/** 64 hexadecimal digits. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
