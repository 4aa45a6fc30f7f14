/**
 * Learning rate at a step: a linear warm-up, then half a cosine down to a hundredth (Loshchilov and Hutter,
 * "SGDR", 2017).
 *
 * @param step from 0 to steps - 1.
 * @param warmUp share of the steps over which the rate rises.
 */
export function learningRateAt(step: number, steps: number, rate: number, warmUp: number): number {
  const rising = Math.round(steps * warmUp);
  if (step < rising) return rate * (step + 1) / rising;
  const progress = (step - rising) / Math.max(1, steps - rising);
  const floor = 0.01;
  return rate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
