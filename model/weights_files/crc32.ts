/** CRC-32 as zip archives have it: polynomial 0xEDB88320, reflected, over eight bytes at a time. */

const TABLES: readonly Uint32Array[] = /* @__PURE__ */ makeTables();

function makeTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const tables = [first];
  for (let t = 1; t < 8; t++) {
    const before = tables[t - 1] ?? first;
    tables.push(before.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] ?? 0)));
  }
  return tables;
}

/** The checksum of bytes, as an unsigned number of 32 bits. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  if (!t0 || !t1 || !t2 || !t3 || !t4 || !t5 || !t6 || !t7) throw new RangeError("eight tables");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length - bytes.length % 8;
  let crc = 0xffffffff;
  for (let at = 0; at < whole; at += 8) {
    const low = crc ^ view.getUint32(at, true), high = view.getUint32(at + 4, true);
    crc = (t7[low & 0xff] ?? 0) ^ (t6[(low >>> 8) & 0xff] ?? 0) ^ (t5[(low >>> 16) & 0xff] ?? 0) ^
      (t4[low >>> 24] ?? 0) ^ (t3[high & 0xff] ?? 0) ^ (t2[(high >>> 8) & 0xff] ?? 0) ^
      (t1[(high >>> 16) & 0xff] ?? 0) ^ (t0[high >>> 24] ?? 0);
  }
  for (let at = whole; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (t0[(crc ^ view.getUint8(at)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
