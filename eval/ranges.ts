/** Ranges of images. */

/** From (inclusive) and to (exclusive). */
export type Range = readonly [from: number, to: number];

/** Cuts 0 to `count` into the fewest ranges of at most `most`, all of about the same length. */
export function evenRanges(count: number, most: number): Range[] {
  const parts = Math.ceil(count / Math.max(1, Math.floor(most)));
  const length = Math.ceil(count / parts);
  return Array.from({ length: parts }, (_, i) => [i * length, Math.min(count, (i + 1) * length)]);
}

/** Cuts a range into ranges of `length`, of which the last may be shorter. */
export function* chunks([from, to]: Range, length: number): Generator<Range> {
  for (let start = from; start < to; start += length) yield [start, Math.min(to, start + length)];
}
