/**
 * Vectors as NumPy's array file: float32 [N, D] in C order, read by `np.load`, also memory-mapped.
 * Source: numpy.lib.format, version 1.0.
 */

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0); // \x93NUMPY, version 1.0
/** The data begins at a multiple of this many bytes. */
const ALIGNMENT = 64;

/** The bytes of a file with the rows `vectors`, each of `size` numbers. */
export function encodeNpy(vectors: readonly Float32Array[], size: number): Uint8Array<ArrayBuffer> {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${vectors.length}, ${size}), }`;
  const before = MAGIC.length + 2;
  const start = Math.ceil((before + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + vectors.length * size * 4);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint16(MAGIC.length, start - before, true);
  bytes.set(new TextEncoder().encode(dictionary.padEnd(start - before - 1) + "\n"), before);
  const values = new Float32Array(bytes.buffer, start); // Little-endian, as every machine that WebGPU runs on.
  for (const [row, vector] of vectors.entries()) values.set(vector, row * size);
  return bytes;
}

/**
 * The rows of a file that {@link encodeNpy} wrote.
 *
 * @throws {Error} When it is another kind of array, or truncated.
 */
export function decodeNpy(bytes: Uint8Array<ArrayBuffer>): Float32Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) throw new Error("it is not a .npy file of version 1.0");
  const start = MAGIC.length + 2 + view.getUint16(MAGIC.length, true);
  const dictionary = new TextDecoder().decode(bytes.subarray(MAGIC.length + 2, start));
  const shape = /'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(dictionary);
  if (shape === null) throw new Error(`it has no rows of little-endian float32: ${dictionary.trim()}`);
  const [rows, size] = [Number(shape[1]), Number(shape[2])];
  if (bytes.length !== start + rows * size * 4) {
    throw new Error(`its length is not that of ${rows} × ${size}`);
  }
  const values = new Float32Array(bytes.slice(start).buffer);
  return Array.from({ length: rows }, (_, row) => values.slice(row * size, (row + 1) * size));
}
