/** A gallery that the GPU does not hold whole is ranked in parts: counts of wrong images add up over them. */

/**
 * Cuts a gallery into `count` parts of about the same size, each in the gallery's order, such that all images of an
 * identity that is searched for are in one part: the distances of a query's right matches are known after that one.
 *
 * @param identity of every gallery image.
 * @param searched identities of the queries.
 * @returns places in the gallery.
 */
export function galleryParts(
  identity: Int32Array,
  searched: ReadonlySet<number>,
  count: number,
): Int32Array[] {
  const whole = new Map<number, number[]>();
  const single: number[][] = [];
  identity.forEach((person, place) => {
    if (!searched.has(person)) single.push([place]);
    else if (whole.has(person)) whole.get(person)!.push(place);
    else whole.set(person, [place]);
  });
  const parts = Array.from({ length: count }, (): number[] => []);
  for (const places of [...whole.values(), ...single]) {
    const smallest = parts.reduce((a, b) => b.length < a.length ? b : a);
    for (const place of places) smallest.push(place);
  }
  return parts.map((places) => Int32Array.from(places).sort());
}
