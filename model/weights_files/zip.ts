/**
 * Zip archives, read from memory by PKWARE's APPNOTE 6.3.10: entries that are stored or deflated, also with the sizes
 * and offsets of zip64.
 */
import { quoted } from "../safetensors_json.ts";
import { ByteReader } from "./byte_reader.ts";
import { crc32 } from "./crc32.ts";
import { type Budget, spend } from "./budget.ts";
import { damaged, WeightsFileError } from "./weights_file_error.ts";

const CENTRAL_HEADER = 0x02014b50, LOCAL_HEADER = 0x04034b50, END = 0x06054b50;
const END_64 = 0x06064b50, END_64_LOCATOR = 0x07064b50;
/** Bytes of the record at the end of an archive, and the most of the comment behind it. */
const END_BYTES = 22, MOST_COMMENT_BYTES = 0xffff;
const LOCATOR_BYTES = 20;
/** Stands in a field of 32 bits for "see the zip64 extra field". */
const IN_EXTRA = 0xffffffff;
const ZIP64_EXTRA = 1;
const STORED = 0, DEFLATED = 8;
const ENCRYPTED = 1;

/** A file in an archive. */
interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly headerAt: number;
}

/** An archive in memory. */
export class ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #entries: ReadonlyMap<string, Entry>;
  /** Names of entries that were read and whose content does not have the checksum that the archive has of it. */
  readonly mismatched: string[] = [];

  /** @throws {WeightsFileError} when its list of entries cannot be read. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#entries = readEntries(bytes);
  }

  /** The names of the entries, in the archive's order. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Bytes of an entry when unpacked; undefined if there is none of that name. */
  sizeOf(name: string): number | undefined {
    return this.#entries.get(name)?.size;
  }

  /**
   * The content of an entry: a view of the archive where it is stored.
   *
   * @throws {WeightsFileError} when it is missing, encrypted or compressed otherwise, damaged, or beyond the budget.
   */
  async read(name: string, budget: Budget): Promise<Uint8Array> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw damaged(`the archive has no entry ${quoted(name)}`);
    const { flags, method, compressed, size } = entry;
    spend(budget, size, `The entry ${quoted(name)}`);
    const packed = this.#packed(entry);
    if ((flags & ENCRYPTED) !== 0) throw unsupported(`the entry ${quoted(name)} is encrypted`);
    let content: Uint8Array;
    if (method === STORED) {
      if (compressed !== size) throw damaged(`the stored entry ${quoted(name)} has two sizes`);
      content = packed;
    } else if (method === DEFLATED) {
      content = await inflate(packed, size, name);
    } else {
      throw unsupported(`the entry ${quoted(name)} is compressed by method ${method}`);
    }
    if (crc32(content) !== entry.crc) this.mismatched.push(name);
    return content;
  }

  #packed({ name, headerAt, compressed }: Entry): Uint8Array {
    const reader = new ByteReader(this.#bytes, "the archive", headerAt);
    if (reader.u32() !== LOCAL_HEADER) {
      throw damaged(`the entry ${quoted(name)} does not begin with its header`);
    }
    reader.at = headerAt + 26;
    const skipped = reader.u16() + reader.u16();
    reader.bytes(skipped);
    return reader.bytes(compressed);
  }
}

function unsupported(what: string): WeightsFileError {
  return new WeightsFileError("unsupported", `It is a zip archive, and ${what}. Unpack it and pack it anew.`);
}

function readEntries(bytes: Uint8Array): Map<string, Entry> {
  const { at, count, size } = findDirectory(bytes);
  const reader = new ByteReader(bytes, "the archive", at);
  const entries = new Map<string, Entry>();
  for (let i = 0; i < count; i++) {
    if (reader.at >= at + size) throw damaged(`the archive claims ${count} entries and lists ${i}`);
    const entry = readEntry(reader);
    if (entries.has(entry.name)) throw damaged(`the archive has ${quoted(entry.name)} twice`);
    entries.set(entry.name, entry);
  }
  return entries;
}

/** Where the list of entries is. */
function findDirectory(bytes: Uint8Array): { at: number; count: number; size: number } {
  const end = findEnd(bytes);
  const reader = new ByteReader(bytes, "the archive", end + 10);
  let count = reader.u16(), size = reader.u32(), at = reader.u32();
  if (count === 0xffff || size === IN_EXTRA || at === IN_EXTRA) {
    const locator = new ByteReader(bytes, "the archive", end - LOCATOR_BYTES);
    if (locator.u32() === END_64_LOCATOR) {
      locator.u32();
      const record = new ByteReader(bytes, "the archive", locator.size());
      if (record.u32() !== END_64) {
        throw damaged("the archive has no zip64 end record where its locator points");
      }
      record.bytes(28);
      [count, size, at] = [record.size(), record.size(), record.size()];
    }
  }
  return { at, count, size };
}

/** The offset of the record at the end: the last one whose comment ends with the file. */
function findEnd(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = bytes.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MOST_COMMENT_BYTES); at--) {
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === last - at) return at;
  }
  throw damaged("the archive has no list of its entries at its end");
}

function readEntry(reader: ByteReader): Entry {
  if (reader.u32() !== CENTRAL_HEADER) {
    throw damaged(`the archive's list of entries breaks off at byte ${reader.at}`);
  }
  reader.bytes(4); // Versions.
  const flags = reader.u16(), method = reader.u16();
  reader.bytes(4); // Time and date.
  const crc = reader.u32();
  let compressed = reader.u32(), size = reader.u32();
  const nameBytes = reader.u16(), extraBytes = reader.u16(), commentBytes = reader.u16();
  reader.bytes(8); // Disk and attributes.
  let headerAt = reader.u32();
  const name = new TextDecoder().decode(reader.bytes(nameBytes));
  const extra = reader.bytes(extraBytes);
  reader.bytes(commentBytes);
  if (size === IN_EXTRA || compressed === IN_EXTRA || headerAt === IN_EXTRA) {
    const large = zip64Field(extra, name);
    if (size === IN_EXTRA) size = large.size();
    if (compressed === IN_EXTRA) compressed = large.size();
    if (headerAt === IN_EXTRA) headerAt = large.size();
  }
  return { name, flags, method, crc, compressed, size, headerAt };
}

/** The content of the zip64 field: those of the sizes and the offset that did not fit into 32 bits. */
function zip64Field(extra: Uint8Array, name: string): ByteReader {
  const what = `the extra field of ${quoted(name)}`;
  const reader = new ByteReader(extra, what);
  while (reader.at < extra.length) {
    const id = reader.u16();
    const content = reader.bytes(reader.u16());
    if (id === ZIP64_EXTRA) return new ByteReader(content, what);
  }
  return new ByteReader(new Uint8Array(0), what);
}

/** Unpacks deflated bytes of a known size; never keeps more than that. */
async function inflate(packed: Uint8Array, size: number, name: string): Promise<Uint8Array> {
  const content = new Uint8Array(size);
  let at = 0;
  try {
    // A copy, as the stream takes no view of shared memory.
    const stream = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    for await (const piece of stream) {
      if (piece.length > size - at) {
        throw damaged(`the entry ${quoted(name)} is longer than the ${size} bytes claimed`);
      }
      content.set(piece, at);
      at += piece.length;
    }
  } catch (error) {
    if (error instanceof WeightsFileError) throw error;
    throw damaged(`the entry ${quoted(name)} cannot be unpacked`);
  }
  if (at < size) throw damaged(`the entry ${quoted(name)} has ${at} bytes instead of ${size}`);
  return content;
}
