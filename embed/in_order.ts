/**
 * Starts work on items ahead of its use and yields the results in the items' order. At most `ahead` + 1 results are ready
 * or in progress: a slow consumer slows the source down.
 *
 * An error of `work` is thrown instead of its item's result, an error of `items` immediately.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const started: Promise<R>[] = [];
  for await (const item of items) {
    const result = work(item);
    result.catch(() => {}); // It is thrown when its result is due, unless the consumer has left.
    started.push(result);
    if (started.length > ahead) yield* started.splice(0, 1);
  }
  yield* started;
}
