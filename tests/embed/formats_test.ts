import assert from "node:assert/strict";
import type { ImageEmbedding } from "../../embed/embed_images.ts";
import { FORMATS } from "../../embed/formats.ts";
import { decodeNpy, encodeNpy } from "../../embed/npy.ts";
import { Random } from "../../engine/mod.ts";

/** Numbers of all sizes, of which every bit counts. */
function drawRows(count: number): ImageEmbedding[] {
  const random = new Random(5);
  const number = () => Math.fround(random.normal() * 10 ** random.uniform(-30, 30));
  return Array.from({ length: count }, (_, i) => ({
    id: `人/${i}.jpg`,
    ...(i % 3 > 0 && { camera: i % 3 === 1 ? 'door, "north"' : "07" }),
    ...(i % 2 > 0 && { time: 1000 * i }),
    embedding: Float32Array.from({ length: 5 }, number),
  }));
}

Deno.test("every format gives back the bits of vectors, their ids, cameras and times", async () => {
  const of = {
    model: "a",
    embeddingSize: 5,
    flip: false,
    pixels: 2,
    images: 0,
    fingerprint: "b",
    shardSize: 2000,
  };
  for (const [extension, format] of Object.entries(FORMATS)) {
    for (const count of [1, 7, 1203]) {
      const rows = drawRows(count);
      const [vectors, ids] = format.encode(`v${extension}`, rows, of);
      const found = (await Array.fromAsync(format.decode(vectors!.bytes, ids?.bytes))).flat();
      assert.deepEqual(found, rows, extension);
    }
  }
});

Deno.test("every format gives back tracklets, beside images that are in none", async () => {
  const of = {
    model: "a",
    embeddingSize: 5,
    flip: false,
    pixels: 2,
    images: 9,
    fingerprint: "b",
    shardSize: 9,
  };
  const rows = drawRows(501).map((row, i) => ({
    ...row,
    ...(i % 4 > 0 && { tracklet: `${i}/1/2` }),
    images: 1 + i % 4,
    spread: Math.fround(i / 501),
  }));
  for (const [extension, format] of Object.entries(FORMATS)) {
    const [vectors, ids] = format.encode(`v${extension}`, rows, of);
    const found = (await Array.fromAsync(format.decode(vectors!.bytes, ids?.bytes))).flat();
    assert.deepEqual(found, rows, extension);
  }
});

Deno.test("encodeNpy() writes what numpy.lib.format describes, and decodeNpy() refuses what it does not write", () => {
  const vectors = [Float32Array.of(1, -2, 0.5), Float32Array.of(3, 4, 5)];
  const bytes = encodeNpy(vectors, 3);
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  assert.deepEqual([...bytes.subarray(0, 8)], [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  assert.deepEqual([...bytes.subarray(8, 10)], [118, 0]); // Little-endian; 10 and 118 are twice 64.
  assert.equal(new TextDecoder().decode(bytes.subarray(10, 128)), header.padEnd(117) + "\n");
  const view = new DataView(bytes.buffer);
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((i) => view.getFloat32(128 + 4 * i, true)), [1, -2, 0.5, 3, 4, 5]);
  assert.deepEqual(decodeNpy(bytes), vectors);
  const text = (change: (text: string) => string) => {
    const changed = new TextEncoder().encode(
      change(new TextDecoder("latin1").decode(bytes.subarray(10, 128))),
    );
    return Uint8Array.from([...bytes.subarray(0, 10), ...changed, ...bytes.subarray(128)]);
  };
  const wrong: [Uint8Array<ArrayBuffer>, RegExp][] = [
    [bytes.with(6, 2), /not a \.npy file of version 1\.0/],
    [bytes.slice(0, -4), /its length is not that of 2 × 3/],
    [text((t) => t.replace("<f4", ">f4")), /no rows of little-endian float32/],
    [text((t) => t.replace("False", "True ")), /no rows of little-endian float32/],
  ];
  for (const [given, expected] of wrong) assert.throws(() => decodeNpy(given), expected);
});
