/** Floats whose sums depend on the order of addition, and the comparison of their bits. */
import assert from "node:assert/strict";
import { seededRandom } from "../reference/seeded_random.ts";

/** [n] floats of many magnitudes, of both signs; a quarter of them are denormals, zeros and -0. */
export function drawFloats(n: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: n }, () => {
    const kind = random.integer(16);
    if (kind === 0) return 0;
    if (kind === 1) return -0;
    if (kind < 4) return random.normal() * 2 ** -140;
    return random.normal() * 2 ** (random.integer(12) - 6);
  });
}

/** Fails unless two arrays are the same bit for bit. */
export function sameBits(found: Float32Array, expected: Float32Array, what: string): void {
  assert.equal(found.length, expected.length, what);
  const [a, b] = [found, expected].map(({ buffer, byteOffset, length }) =>
    new Uint32Array(buffer, byteOffset, length)
  );
  const at = a!.findIndex((bits, i) => bits !== b![i]);
  assert.ok(at < 0, `${what}: element ${at} is ${found[at]}, not ${expected[at]}`);
}
