/**
 * Begins work on items ahead of its use and yields the results in the items' order. At most `ahead` + 1 pieces of
 * work are ready or under way: a slow consumer slows the source down.
 *
 * An error of `work` is thrown in the place of its item, one of `items` at once.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const begun: Promise<R>[] = [];
  for await (const item of items) {
    const result = work(item);
    result.catch(() => {}); // It is thrown when its turn comes, unless nobody comes for it.
    begun.push(result);
    if (begun.length > ahead) yield await begun.shift()!;
  }
  while (begun.length > 0) yield await begun.shift()!;
}
