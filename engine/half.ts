/** Half-precision numbers as bit patterns, by IEEE 754: Node has had `Float16Array` only since its version 24. */

/** The value of a bit pattern. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bit pattern of the nearest half-precision number; of the even one where two are equally near. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude))); // Below 2^-14, numbers are equally spaced.
  const rounded = (magnitude * 2 ** (10 - exponent) + 2 ** 52) - 2 ** 52;
  return sign | (((exponent + 14) << 10) + rounded);
}
