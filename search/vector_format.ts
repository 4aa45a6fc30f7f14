/** Vectors in the formats of pgvector. */

/** A vector as pgvector reads it. Nine digits represent an f32 without loss. */
export function vectorText(embedding: Float32Array): string {
  return `[${Array.from(embedding, (x) => x.toPrecision(9)).join()}]`;
}

/** Reads a vector as pgvector sends it: its length and a zero, two bytes each, then its numbers, all big-endian. */
export function readVector(bytes: Uint8Array, into: Float32Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < view.getUint16(0); i++) into[offset + i] = view.getFloat32(4 + 4 * i);
}
