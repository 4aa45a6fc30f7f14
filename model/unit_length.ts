/** Scaling of embeddings to length one, on the CPU. */

/** Shorter rows have no meaningful direction and are not scaled. */
const LEAST_LENGTH = 1e-12;

/** Scales each row of `rows` [n, size] to length one, in place. */
export function toUnitLength(rows: Float32Array, size: number): void {
  for (let start = 0; start < rows.length; start += size) {
    const row = rows.subarray(start, start + size);
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    if (length < LEAST_LENGTH) continue;
    row.set(row.map((x) => x / length));
  }
}
