/**
 * Submits items one after the other, without waiting for their results, then waits until all results have arrived.
 *
 * @param submit Resolves once an item is submitted; its `done` resolves when the item's results have arrived.
 * @throws The first error of `submit`, or else of a `done`.
 */
export async function submitEach<T>(
  items: Iterable<T>,
  submit: (item: T) => Promise<{ done: Promise<void> }>,
): Promise<void> {
  const pending: Promise<void>[] = [];
  for (const item of items) {
    const { done } = await submit(item);
    done.catch(() => {}); // It is thrown below, unless a later `submit` throws first.
    pending.push(done);
  }
  await Promise.all(pending);
}
