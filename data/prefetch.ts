import { setImmediate } from "node:timers/promises";

/**
 * Prepares items ahead of their use, in order and one at a time, so that what is yielded is what a plain loop would
 * have prepared. While one result is in use at most `ahead` more are ready or under way.
 *
 * An error, of `items` or of `prepare`, is thrown in the place of its item; nothing is prepared after it. Whoever
 * leaves the loop early waits for the item under way and then for nothing more: what `prepare` reads from may be
 * closed as soon as the loop is left.
 */
export async function* prefetch<T, R>(
  items: Iterable<T>,
  ahead: number,
  prepare: (item: T) => R | Promise<R>,
): AsyncGenerator<R, void, void> {
  const source = items[Symbol.iterator]();
  const queue: Promise<{ result: R } | undefined>[] = [];
  let latest: Promise<unknown> = Promise.resolve();
  let left = false;
  const begin = () => {
    const prepared = latest.then(async () => {
      await setImmediate(); // What is ready is used first: preparing would keep this thread from it.
      if (left) return undefined;
      const { done, value } = source.next();
      return done ? undefined : { result: await prepare(value) };
    });
    prepared.catch(() => {}); // It is thrown when its turn comes, unless the loop was left before.
    latest = prepared;
    queue.push(prepared);
  };
  try {
    for (;;) {
      while (queue.length <= ahead) begin();
      const next = await queue.shift()!;
      if (next === undefined) return;
      yield next.result;
    }
  } finally {
    left = true;
    await latest.catch(() => {});
    source.return?.();
  }
}
