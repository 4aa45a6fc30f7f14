import { setImmediate } from "node:timers/promises";

/**
 * Prepares items ahead of their use, in order and one at a time: it yields what a plain loop would prepare. While one
 * result is in use at most `ahead` more are ready or in progress.
 *
 * An error, of `items` or of `prepare`, is thrown instead of its item; nothing is prepared after it. Leaving the loop
 * early waits for the item in progress, so that the source of `prepare` can be closed afterward.
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
      await setImmediate(); // Use of the ready items goes first: `prepare` may block this thread.
      if (left) return undefined;
      const { done, value } = source.next();
      return done ? undefined : { result: await prepare(value) };
    });
    prepared.catch(() => {}); // It is thrown when its item is due, unless the loop was left before.
    latest = prepared;
    queue.push(prepared);
  };
  try {
    for (;;) {
      while (queue.length <= ahead) begin();
      const next = await queue.shift();
      if (next === undefined) return;
      yield next.result;
    }
  } finally {
    left = true;
    await latest.catch(() => {});
    source.return?.();
  }
}
