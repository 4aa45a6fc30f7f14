import assert from "node:assert/strict";
import { decodeSafetensors, encodeSafetensors } from "../../model/safetensors.ts";
import { encodeWithChecksum, isIntact } from "../../train/checksum.ts";

const TENSORS = new Map([["w", { dtype: "F32", shape: [3], data: Float32Array.of(1, 2, 3) } as const]]);
// A text that looks like the checksum, and one that sorts before it.
const METADATA = { note: '"sha256":"' + "1".repeat(64), a: "b" };

Deno.test("a file with a checksum is an ordinary safetensors file, and equal contents give equal bytes", async () => {
  const bytes = await encodeWithChecksum(TENSORS, METADATA);
  const { tensors, metadata } = decodeSafetensors(bytes);
  assert.deepEqual(tensors, TENSORS);
  const { sha256, ...rest } = metadata;
  assert.match(sha256, /^[0-9a-f]{64}$/);
  assert.deepEqual(rest, METADATA);
  assert.deepEqual(await encodeWithChecksum(TENSORS, METADATA), bytes);
});

Deno.test("isIntact() sees every bit that has flipped, and leaves the bytes as they are", async () => {
  const bytes = await encodeWithChecksum(TENSORS, METADATA);
  const before = bytes.slice();
  assert.equal(await isIntact(bytes), true);
  assert.deepEqual(bytes, before);
  for (let at = 8; at < bytes.length; at++) {
    bytes[at] ^= 1 << at % 8;
    assert.notEqual(await isIntact(bytes), true, `byte ${at}`);
    bytes[at] = before[at];
  }
  assert.deepEqual(bytes, before);
  assert.equal(await isIntact(encodeSafetensors(TENSORS, METADATA)), undefined);
});
