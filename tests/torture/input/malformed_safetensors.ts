/** Safetensors files that break the format in many ways, and some valid ones. */
import type { SeededRandom } from "../../reference/seeded_random.ts";

const text = new TextEncoder();

/** An entry of a header; each field is JSON text and may be anything. */
interface Entry {
  name: string;
  fields: [key: string, value: string][];
}

const DTYPES = ["F32", "F64", "F16", "BF16", "I64", "U8", "BOOL", "F8_E5M2", "F6_E2M3", "F4", "C64"];
const BITS = [32, 64, 16, 16, 64, 8, 8, 8, 6, 4, 64];

/** Names with a meaning in JavaScript, a shell or a terminal. */
const NAMES = [
  "w",
  "__proto__",
  "constructor",
  "toString",
  "",
  "é",
  "\\u0000",
  "\\ud800",
  "a\\nb",
  "<script>",
  "../w",
];

/** Replacements of a size. */
const SIZES = [
  ..."0 1 2 3 4 7 8 64 -0 -1 1.5 1.0 1e2 1e400 4294967296 9007199254740991 9007199254740992".split(" "),
  ...'18446744073709551615 99999999999999999999 null true "4" [] {} NaN 01 +1 0x10'.split(" "),
];

/** Replacements of other values. */
const VALUES = [
  ...'null true 0 -1 1e999 "" "F32" "f32" "F33" "__proto__" [] [0] [[0]] {} {"0":1}'.split(" "),
  '{"length":2,"0":0,"1":4}',
  "[".repeat(50) + "]".repeat(50),
];

/** One of a list. */
export function pick<T>(random: SeededRandom, items: readonly T[]): T {
  return items[random.integer(items.length)]!;
}

/** Entries of a valid header and the bytes that their data takes. */
function validEntries(random: SeededRandom): { entries: Entry[]; dataBytes: number } {
  const entries: Entry[] = [];
  let end = 0;
  for (let count = random.integer(5); count > 0; count--) {
    const kind = random.integer(DTYPES.length);
    const shape = Array.from({ length: random.integer(4) }, () => random.integer(4));
    // Packed elements fill whole bytes only four or eight at a time.
    if (BITS[kind]! % 8 !== 0) shape.push(8);
    const bytes = shape.reduce((a, b) => a * b, 1) * BITS[kind]! / 8;
    entries.push({
      name: JSON.stringify(`layer ${count}`),
      fields: [
        ["dtype", `"${DTYPES[kind]}"`],
        ["shape", `[${shape}]`],
        ["data_offsets", `[${end},${end += bytes}]`],
      ],
    });
  }
  if (random.integer(2) === 0) {
    entries.splice(random.integer(entries.length + 1), 0, {
      name: '"__metadata__"',
      fields: [["step", '"7"']],
    });
  }
  return { entries, dataBytes: end };
}

/** Changes a field, a name or a value in the header's JSON. */
const STRUCTURAL: ((entries: Entry[], random: SeededRandom) => void)[] = [
  (entries, random) => field(entries, random, (entry, i) => entry.fields[i]![1] = pick(random, VALUES)),
  (entries, random) => field(entries, random, (entry, i) => entry.fields.splice(i, 1)),
  (entries, random) => field(entries, random, (entry, i) => entry.fields.push(entry.fields[i]!)),
  (entries, random) => field(entries, random, (entry, i) => entry.fields[i]![0] = pick(random, NAMES)),
  (entries, random) =>
    field(entries, random, (entry) => entry.fields.push([pick(random, NAMES), pick(random, VALUES)])),
  (entries, random) =>
    field(entries, random, (entry, i) => {
      const count = random.integer(4);
      entry.fields[i]![1] = `[${Array.from({ length: count }, () => pick(random, SIZES))}]`;
    }),
  // The right length at another offset.
  (entries, random) => {
    for (const { fields } of entries) {
      const by = random.integer(3) * (random.integer(9) - 4);
      const offsets = fields.find(([key]) => key === "data_offsets");
      if (offsets) offsets[1] = offsets[1].replace(/[0-9]+/g, (n) => String(Math.max(0, Number(n) + by)));
    }
  },
  // Neighbors with a gap, overlapping, or in another order.
  (entries, random) =>
    field(entries, random, (entry, i) => {
      const moved = entry.fields[i]![1].replace(/[0-9]+/, (n) => String(Number(n) + random.integer(9) - 4));
      entry.fields[i]![1] = moved;
    }),
  (entries, random) => entries.push(...entries.slice(random.integer(entries.length + 1))),
  (entries) => entries.reverse(),
  (entries, random) => {
    for (const entry of entries) if (random.integer(2) === 0) entry.name = `"${pick(random, NAMES)}"`;
  },
  (entries, random) =>
    entries.push({ name: '"__metadata__"', fields: [[pick(random, NAMES), pick(random, VALUES)]] }),
  (entries, random) =>
    entries.push({
      name: '"huge"',
      fields: [
        ["dtype", `"${pick(random, DTYPES)}"`],
        ["shape", `[${Array.from({ length: 3 }, () => 2 ** random.integer(54))},${random.integer(2)}]`],
        ["data_offsets", `[0,${random.integer(9)}]`],
      ],
    }),
];

function field(entries: Entry[], random: SeededRandom, change: (entry: Entry, field: number) => void): void {
  const entry = entries.length > 0 ? pick(random, entries) : undefined;
  if (entry && entry.fields.length > 0) change(entry, random.integer(entry.fields.length));
}

/** Changes bytes anywhere in the file. */
const BYTEWISE: ((file: Uint8Array, random: SeededRandom) => Uint8Array)[] = [
  (file, random) => file.slice(0, random.integer(file.length + 1)),
  (file, random) => concat(file, new Uint8Array(random.integer(20))),
  (file, random) => {
    for (let i = 1 + random.integer(4); i > 0 && file.length > 0; i--) {
      file[random.integer(file.length)]! ^= 1 << random.integer(8);
    }
    return file;
  },
  (file, random) => {
    if (file.length > 0) file[random.integer(file.length)] = random.integer(256);
    return file;
  },
  // The header's length: one flipped bit, one byte more or less, or anything.
  (file, random) => length(file, (n) => n ^ 1n << BigInt(random.integer(64))),
  (file, random) => length(file, (n) => n + BigInt(random.integer(17)) - 8n),
  (file, random) =>
    length(file, () => BigInt(Math.floor(random.uniform() * 2 ** 53)) << BigInt(random.integer(12))),
  (file, random) => {
    const [from, to] = [random.integer(file.length + 1), random.integer(file.length + 1)];
    return concat(file.subarray(0, from), file.subarray(to));
  },
  (file, random) => {
    const at = random.integer(file.length + 1);
    const inserted = pick(random, [
      "{",
      "}",
      "[",
      "]",
      ",",
      '"',
      "\\",
      ":",
      " ",
      "\u0000",
      "\ufeff",
      "é",
      "\n",
    ]);
    return concat(file.subarray(0, at), text.encode(inserted), file.subarray(at));
  },
];

function length(file: Uint8Array, change: (length: bigint) => bigint): Uint8Array {
  if (file.length < 8) return file;
  const view = new DataView(file.buffer, file.byteOffset);
  view.setBigUint64(0, BigInt.asUintN(64, change(view.getBigUint64(0, true))), true);
  return file;
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A file with this header, its correct length, and so many bytes of data. */
export function safetensorsFile(header: string, dataBytes = 0): Uint8Array<ArrayBuffer> {
  const encoded = text.encode(header);
  const file = concat(new Uint8Array(8), encoded, new Uint8Array(dataBytes).map((_, i) => 37 * i));
  new DataView(file.buffer).setBigUint64(0, BigInt(encoded.length), true);
  return file;
}

function fileOf(entries: readonly Entry[], dataBytes: number): Uint8Array<ArrayBuffer> {
  const objects = entries.map(({ name, fields }) =>
    `${name}:{${fields.map(([key, value]) => `"${key}":${value}`).join(",")}}`
  );
  return safetensorsFile(`{${objects.join(",")}}`, dataBytes);
}

/** A random file: a valid one with up to three changes of its header or bytes. */
export function randomSafetensors(random: SeededRandom): Uint8Array {
  const { entries, dataBytes } = validEntries(random);
  for (let changes = random.integer(3); changes > 0; changes--) pick(random, STRUCTURAL)(entries, random);
  let file: Uint8Array = fileOf(entries, dataBytes);
  for (let changes = random.integer(3); changes > 0; changes--) file = pick(random, BYTEWISE)(file, random);
  return file;
}

/** A valid file cut at every length, with every bit of its length flipped, and every byte of its header replaced. */
export function* everySafetensors(random: SeededRandom): Generator<Uint8Array> {
  const { entries, dataBytes } = validEntries(random);
  const valid = fileOf(entries, dataBytes);
  for (let end = 0; end <= valid.length; end++) yield valid.slice(0, end);
  for (let bit = 0; bit < 64; bit++) yield length(valid.slice(), (n) => n ^ 1n << BigInt(bit));
  for (let at = 0; at < valid.length - dataBytes; at++) {
    for (const byte of [0x00, 0x20, 0x22, 0x2c, 0x30, 0x7d, 0x80, 0xff]) {
      const file = valid.slice();
      file[at] = byte;
      yield file;
    }
  }
}

/** Large files that test time, memory and stack depth. */
export function* largeSafetensors(): Generator<Uint8Array> {
  const deep = 200_000;
  const nested = "[".repeat(deep) + "]".repeat(deep);
  const object = '{"a":'.repeat(deep) + "0" + "}".repeat(deep);
  for (const value of [nested, object]) {
    yield safetensorsFile(`{"w":${value}}`);
    yield safetensorsFile(`{"__metadata__":${value}}`);
    yield safetensorsFile(`{"__metadata__":{"a":${value}}}`);
    for (
      const [dtype, shape, offsets] of [[value, "[1]", "[0,4]"], ['"F32"', value, "[0,4]"], [
        '"F32"',
        "[1]",
        value,
      ]]
    ) {
      yield safetensorsFile(`{"w":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`, 4);
    }
    yield safetensorsFile(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":${value}}}`, 4);
  }
  yield safetensorsFile("[".repeat(deep));
  yield safetensorsFile(`{"w":{"dtype":"F32","shape":[${"1,".repeat(deep)}1],"data_offsets":[0,8]}}`, 8);
  yield safetensorsFile(`{"w":{"dtype":"F32","shape":[${"1,".repeat(deep)}1],"data_offsets":[0,4]}}`, 4);
  yield safetensorsFile(`{"${"w".repeat(1 << 20)}":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}`, 8);
  yield safetensorsFile(`{"w":{"dtype":"${"F".repeat(1 << 20)}","shape":[1],"data_offsets":[0,4]}}`, 4);
  yield safetensorsFile(`{"w":"${"\\u0041".repeat(1 << 17)}"}`);
  yield safetensorsFile(`{"${"w".repeat(1 << 20)}":0,"${"w".repeat(1 << 20)}":0}`);
  const entry = (i: number, from: number) =>
    `"${i}":{"dtype":"U8","shape":[1],"data_offsets":[${from},${from + 1}]}`;
  const many = Array.from({ length: 20_000 }, (_, i) => i);
  yield safetensorsFile(`{${many.map((i) => entry(i, i))}}`, many.length);
  yield safetensorsFile(`{${many.map((i) => entry(i, many.length - 1 - i))}}`, many.length);
  yield safetensorsFile(`{${many.map((i) => entry(i, 0))}}`, many.length);
  yield safetensorsFile(`{${many.map((i) => entry(i, 0).replace("[1]", "[0]").replace(",1]", ",0]"))}}`);
}
