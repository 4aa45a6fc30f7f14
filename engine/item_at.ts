/**
 * The item at an index, checked.
 *
 * @throws {RangeError} When the index is out of range.
 */
export function itemAt<T>(items: ArrayLike<T>, index: number): T {
  const item = items[index];
  if (item === undefined) {
    throw new RangeError(`Index ${index} is out of range: there are ${items.length} items`);
  }
  return item;
}
