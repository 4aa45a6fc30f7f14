import assert from "node:assert/strict";

/** Fails unless two files have the same bytes, and says where they first differ. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  const first = actual.findIndex((byte, i) => byte !== expected[i]);
  const around = (bytes: Uint8Array) =>
    new TextDecoder().decode(bytes.subarray(Math.max(0, first - 40), first + 40));
  assert.equal(first, -1, `byte ${first} differs: ${around(actual)} | ${around(expected)}`);
  assert.equal(actual.length, expected.length);
}
