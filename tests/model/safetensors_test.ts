import assert from "node:assert/strict";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  type SafetensorsErrorKind,
  type SafetensorsTensor,
  toFloat32,
} from "../../model/safetensors.ts";

const f32 = (shape: number[], ...values: number[]): SafetensorsTensor => ({
  dtype: "F32",
  shape,
  data: new Float32Array(values),
});

/** A file put together by hand from any header text, so that it can break every rule. */
function fileOf(header: string, dataBytes = 0, claimed = BigInt(new TextEncoder().encode(header).length)) {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, claimed, true);
  file.set(text, 8);
  return file;
}

function refuses(file: Uint8Array, kind: SafetensorsErrorKind, message?: RegExp) {
  assert.throws(() => decodeSafetensors(file), (error) => {
    assert.ok(error instanceof SafetensorsError, `${error}`);
    assert.equal(error.kind, kind, error.message);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  });
}

Deno.test("encodeSafetensors() writes exactly the bytes that the format describes", () => {
  const file = encodeSafetensors(new Map([["b", f32([2], 1, -2)], ["a", f32([], 0.5)]]), { step: "7" });
  const header = '{"__metadata__":{"step":"7"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},' +
    '"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  const expected = new Uint8Array(8 + padded.length + 12);
  expected[0] = padded.length;
  expected.set(new TextEncoder().encode(padded), 8);
  expected.set([0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], 8 + padded.length);
  assert.deepEqual(file, expected);
});

Deno.test("decodeSafetensors() returns every tensor and the metadata as they were encoded", () => {
  const tensors = new Map<string, SafetensorsTensor>([
    ["weight", f32([2, 3], 1, 2, 3, 4, 5, 6)],
    ["2", f32([1], 9)],
    ["__proto__", f32([1], 8)],
    ['quote " and \\ and é', f32([1], 7)],
    ["empty", f32([4, 0])],
    ["steps", { dtype: "I64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 40n) }],
    ["bytes", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 255) }],
    ["flags", { dtype: "BOOL", shape: [1], data: Uint8Array.of(1) }],
    ["double", { dtype: "F64", shape: [1], data: Float64Array.of(Math.PI) }],
  ]);
  const metadata = { format: "pt", note: "line\nbreak" };
  const file = decodeSafetensors(encodeSafetensors(tensors, metadata));
  assert.deepEqual({ ...file.metadata }, metadata);
  assert.deepEqual([...file.tensors.keys()].sort(), [...tensors.keys()].sort());
  for (const [name, tensor] of tensors) assert.deepEqual(file.tensors.get(name), tensor, name);
});

Deno.test("encodeSafetensors() gives the same bytes whatever order tensors and metadata come in", () => {
  const entries: [string, SafetensorsTensor][] = [
    ["x", f32([1], 1)],
    ["y", { dtype: "U8", shape: [5], data: new Uint8Array(5) }],
    ["a", f32([2], 2, 3)],
  ];
  const one = encodeSafetensors(new Map(entries), { p: "1", q: "2" });
  const other = encodeSafetensors(new Map(entries.toReversed()), { q: "2", p: "1" });
  assert.deepEqual(one, other);
  assert.deepEqual([...decodeSafetensors(one).tensors.keys()], ["a", "x", "y"]);
});

Deno.test("decodeSafetensors() reads a file that lies at an odd place in a larger buffer", () => {
  const file = encodeSafetensors(new Map([["x", f32([2], 1.5, 2.5)]]));
  const buffer = new Uint8Array(file.length + 3);
  buffer.set(file, 3);
  assert.deepEqual(decodeSafetensors(buffer.subarray(3)).tensors.get("x"), f32([2], 1.5, 2.5));
});

Deno.test("encodeSafetensors() refuses data that does not have the shape's bytes, and reserved names", () => {
  const kinds: [SafetensorsErrorKind, string, SafetensorsTensor][] = [
    ["size-mismatch", "x", f32([3], 1, 2)],
    ["invalid-tensor", "__metadata__", f32([1], 1)],
    ["invalid-tensor", "x", f32([-1], 1)],
    ["invalid-tensor", "x", f32([0.5], 1)],
    ["size-overflow", "x", f32([2 ** 30, 2 ** 30], 1)],
  ];
  for (const [kind, name, tensor] of kinds) {
    assert.throws(() => encodeSafetensors(new Map([[name, tensor]])), { name: "SafetensorsError", kind });
  }
});

Deno.test("toFloat32() widens F16 and BF16 exactly and refuses integers", () => {
  const half = (...bits: number[]): SafetensorsTensor => ({
    dtype: "F16",
    shape: [bits.length],
    data: new Uint16Array(bits),
  });
  const values = toFloat32(half(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x3555, 0x0400));
  assert.deepEqual([...values], [1, -2, 65504, 2 ** -24, -0, Infinity, -Infinity, 0.333251953125, 2 ** -14]);
  assert.ok(Number.isNaN(toFloat32(half(0x7e00))[0]));
  const bf16: SafetensorsTensor = { dtype: "BF16", shape: [3], data: Uint16Array.of(0x3f80, 0xc049, 0xff80) };
  assert.deepEqual([...toFloat32(bf16)], [1, -3.140625, -Infinity]);
  assert.deepEqual([...toFloat32({ dtype: "F64", shape: [1], data: Float64Array.of(0.25) })], [0.25]);
  const integers: SafetensorsTensor = { dtype: "U16", shape: [1], data: Uint16Array.of(1) };
  assert.throws(() => toFloat32(integers), { kind: "not-floating-point" });
});

Deno.test("decodeSafetensors() refuses a header that claims more than the format or the file allows", () => {
  refuses(fileOf("{}", 0, 2n ** 60n), "header-too-large", /claims 1152921504606846976 bytes.*100000000/);
  refuses(fileOf("{}", 0, 2n ** 64n - 1n), "header-too-large");
  refuses(fileOf("{}", 0, 100n), "truncated", /claims 100 bytes.*only 2/);
  refuses(new Uint8Array(0), "truncated", /empty or truncated/);
  refuses(new Uint8Array(7), "truncated");
});

Deno.test("decodeSafetensors() notices a file cut short at any byte", () => {
  const file = encodeSafetensors(new Map([["a", f32([2], 1, 2)], ["b", f32([1], 3)]]), { k: "v" });
  for (let length = 0; length < file.length; length++) refuses(file.subarray(0, length), "truncated");
});

Deno.test("decodeSafetensors() refuses headers that break a rule, each with its own kind", () => {
  const entry = (dtype: string, shape: string, offsets: string) =>
    `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
  const one = (dtype: string, shape: string, offsets: string) => `{"x":${entry(dtype, shape, offsets)}}`;
  const four = entry('"F32"', "[1]", "[0,4]");
  const cases: [SafetensorsErrorKind, string, number][] = [
    ["invalid-header", "", 0],
    ["invalid-header", " {}", 0],
    ["invalid-header", "[]", 0],
    ["invalid-header", '{"x":', 0],
    ["invalid-header", "{" + "[".repeat(50_000), 0],
    ["invalid-header", "\ufeff{}", 0],
    ["duplicate-name", `{"x":${four},"x":${four}}`, 4],
    ["duplicate-name", `{"x":${four},"\\u0078" :${four}}`, 4],
    ["duplicate-name", '{"x":{"dtype":"F32","dtype":"U8","shape":[4],"data_offsets":[0,4]}}', 4],
    ["duplicate-name", '{"__metadata__":{"a":"1","a":"2"}}', 0],
    ["invalid-metadata", '{"__metadata__":{"a":1}}', 0],
    ["invalid-metadata", '{"__metadata__":"a"}', 0],
    ["invalid-metadata", '{"__metadata__":null}', 0],
    ["invalid-tensor", '{"x":null}', 0],
    ["invalid-tensor", '{"x":{"__proto__":{"dtype":"U8"}}}', 0],
    ["invalid-tensor", one('"F32"', '"1"', "[0,4]"), 4],
    ["invalid-tensor", one('"F32"', "[-1]", "[0,4]"), 4],
    ["invalid-tensor", one('"F32"', "[1.5]", "[0,6]"), 6],
    ["invalid-tensor", one('"F32"', "[1]", "[0,4,8]"), 4],
    ["invalid-tensor", one('"F32"', "[1]", "[-4,0]"), 4],
    ["invalid-tensor", one('"F4"', "[3]", "[0,2]"), 2],
    ["unknown-dtype", one('"F31"', "[1]", "[0,4]"), 4],
    ["unknown-dtype", one('"toString"', "[1]", "[0,4]"), 4],
    ["unknown-dtype", one("32", "[1]", "[0,4]"), 4],
    ["size-overflow", one('"F32"', "[9007199254740991,9007199254740991]", "[0,4]"), 4],
    ["size-overflow", one('"F32"', "[4294967296,4294967296]", "[0,0]"), 0],
    ["size-mismatch", one('"F32"', "[2]", "[0,4]"), 4],
    ["size-mismatch", one('"F32"', "[1]", "[4,0]"), 4],
    ["invalid-offsets", one('"F32"', "[1]", "[4,8]"), 8],
    ["invalid-offsets", `{"x":${four},"y":${entry('"F32"', "[1]", "[2,6]")}}`, 8],
    ["invalid-offsets", `{"x":${four},"y":${four}}`, 4],
    ["truncated", one('"F32"', "[2]", "[0,8]"), 4],
    ["trailing-bytes", one('"F32"', "[1]", "[0,4]"), 5],
    ["trailing-bytes", "{}", 1],
  ];
  for (const [kind, header, dataBytes] of cases) refuses(fileOf(header, dataBytes), kind);
  refuses(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff), "invalid-header", /UTF-8/);
});

Deno.test("decodeSafetensors() takes what the format allows: no tensors, equal keys in different objects", () => {
  assert.equal(decodeSafetensors(fileOf("{}      ")).tensors.size, 0);
  const header = '{"dtype":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},' +
    '"a":{"dtype":"F4","shape":[2],"data_offsets":[1,2]}}';
  assert.deepEqual([...decodeSafetensors(fileOf(header, 2)).tensors.keys()], ["dtype", "a"]);
});

Deno.test("decodeSafetensors() throws nothing but SafetensorsError on mutated files", () => {
  const file = encodeSafetensors(new Map([["a", f32([2], 1, 2)], ["b", f32([1, 1], 3)]]), { k: "v" });
  const headerEnd = file.length - 12;
  let state = 1;
  const random = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  let refused = 0;
  for (let trial = 0; trial < 3000; trial++) {
    const mutated = file.slice();
    for (let change = random(3); change >= 0; change--) mutated[random(headerEnd)] = random(256);
    try {
      decodeSafetensors(mutated);
    } catch (error) {
      assert.ok(error instanceof SafetensorsError, `${error}`);
      refused++;
    }
  }
  assert.ok(refused > 1500, `${refused}`);
});

Deno.test("A message quotes no more of a file than a line, and nothing that steers a terminal", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const headers = [
    `{"w":{"dtype":${deep},"shape":[1],"data_offsets":[0,4]}}`,
    `{"w":{"dtype":"F32","shape":[${"1,".repeat(100_000)}1],"data_offsets":[0,8]}}`,
    `{"${"w".repeat(100_000)}":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`,
    `{"${"w".repeat(100_000)}":0,"${"w".repeat(100_000)}":0}`,
    `{"\\u001b[2J":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`,
    "{\u001b[2J}",
  ];
  for (const header of headers) {
    // deno-lint-ignore no-control-regex
    assert.throws(() => decodeSafetensors(fileOf(header, 4)), { message: /^[^\u0000-\u001f]{1,1000}$/ });
  }
});
