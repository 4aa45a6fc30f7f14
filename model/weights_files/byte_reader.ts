/** Reads numbers, texts and bytes one after the other; never past the end. */
import { damaged } from "./weights_file_error.ts";

/** A position in bytes. Every method moves it behind what it reads. @throws {WeightsFileError} at the end of the bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** What the bytes are, in messages. */
  readonly #what: string;
  /** The offset of the next byte. */
  at: number;

  /** Starts at an offset. */
  constructor(bytes: Uint8Array, what: string, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
    this.at = at;
  }

  /** Moves on by `count` bytes and returns where they begin. */
  #take(count: number): number {
    const begin = this.at;
    if (!(count >= 0 && begin >= 0 && count <= this.#bytes.byteLength - begin)) {
      throw damaged(`${this.#what} ends at byte ${this.#bytes.byteLength}, and more was due`);
    }
    this.at = begin + count;
    return begin;
  }

  /** One byte. */
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** Two bytes, little-endian. */
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  /** Four bytes, little-endian. */
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Four bytes, little-endian, signed. */
  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** Eight bytes, little-endian: a size, or an offset. */
  size(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(`${this.#what} has a size of ${value}`);
    return Number(value);
  }

  /** Eight bytes, big-endian, as a double: pickle's only big-endian number. */
  f64BigEndian(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** A view of the next bytes. */
  bytes(count: number): Uint8Array {
    const begin = this.#take(count);
    return this.#bytes.subarray(begin, this.at);
  }

  /** The bytes before the next line feed, one character each; moves behind it. */
  line(most: number): string {
    const end = this.#bytes.subarray(0, this.at + most).indexOf(0x0a, this.at);
    if (end < 0) throw damaged(`${this.#what} has no end of the line that begins at byte ${this.at}`);
    const text = latin1(this.bytes(end - this.at));
    this.at++;
    return text;
  }
}

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}
