/**
 * Distances in narrow bins: f32 numbers by their upper bits. A count of the distances in a bin and in all bins below is an
 * exact count of the distances up to the bin's upper end, whatever the scale of the distances is.
 */

/** Lower bits of an f32 that a bin leaves out: 13 of 23 bits of the mantissa stay. */
const DROPPED = 10;

const INFINITY_BITS = 0x7f800000;

/** The number of bins: of all f32 numbers from 0 to infinity. */
export const BINS: number = (INFINITY_BITS >>> DROPPED) + 1;

/** The ends of a bin differ by less than this share of its distances, except for distances below 1e-37. */
export const BIN_WIDTH: number = 2 ** (DROPPED - 23);

/** The bits of distances, as {@link binOf} takes them. */
export function bitsOf(distances: Float32Array): Uint32Array {
  return new Uint32Array(distances.buffer, distances.byteOffset, distances.length);
}

/**
 * The bin of a distance, from 0; bins ascend with their distances. A negative distance is a rounding error of 0.
 *
 * @param bits Those of an f32.
 * @returns At least {@link BINS} for NaN.
 */
export function binOf(bits: number): number {
  return bits >= 0x80000000 && bits <= 0xff800000 ? 0 : bits >>> DROPPED;
}

const float = new Float32Array(1), integer = new Uint32Array(float.buffer);

/** The bin that a threshold lies in. */
export function binOfDistance(distance: number): number {
  float[0] = distance;
  return binOf(integer[0]!);
}

/** The largest distance of a bin: a distance is at most this if and only if its bin is at most this one. */
export function upperEnd(bin: number): number {
  integer[0] = Math.min(INFINITY_BITS, ((bin + 1) << DROPPED) - 1);
  return float[0]!;
}
