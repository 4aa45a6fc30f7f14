/** Which of a run's epochs went best. */

/**
 * Whether the latest step is the last one of an epoch, and that epoch's mean loss is lower than that of any before.
 *
 * @param losses of every step so far.
 * @param perEpoch steps of an epoch.
 */
export function endsInBestEpoch(losses: readonly number[], perEpoch: number): boolean {
  if (losses.length === 0 || losses.length % perEpoch !== 0) return false;
  const sums = Array.from(
    { length: losses.length / perEpoch },
    (_, epoch) => losses.slice(epoch * perEpoch, (epoch + 1) * perEpoch).reduce((sum, loss) => sum + loss),
  );
  const last = sums.pop()!;
  return sums.every((sum) => last < sum);
}
