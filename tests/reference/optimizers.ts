/** One optimizer step in f64 on plain arrays, in place. */

/** Settings of `sgdStep`. */
export interface SgdOptions {
  learningRate: number;
  momentum: number;
  weightDecay: number;
}

/** SGD with momentum in PyTorch's convention: v = mu v + (g + wd w); w -= lr v. */
export function sgdStep(
  weights: Float64Array,
  gradient: Float64Array,
  velocity: Float64Array,
  { learningRate, momentum, weightDecay }: SgdOptions,
): void {
  for (let i = 0; i < weights.length; i++) {
    velocity[i] = momentum * velocity[i] + gradient[i] + weightDecay * weights[i];
    weights[i] -= learningRate * velocity[i];
  }
}

/** Settings of `adamStep`; `step` counts from 1. */
export interface AdamOptions {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  step: number;
  /** The product of the beta1 of all steps so far, if it was not the same in all of them. */
  beta1Product?: number;
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019): w -= lr (mHat / (sqrt(vHat) + eps) + wd w). */
export function adamStep(
  weights: Float64Array,
  gradient: Float64Array,
  firstMoment: Float64Array,
  secondMoment: Float64Array,
  { learningRate, beta1, beta2, epsilon, weightDecay, step, beta1Product = beta1 ** step }: AdamOptions,
): void {
  for (let i = 0; i < weights.length; i++) {
    firstMoment[i] = beta1 * firstMoment[i] + (1 - beta1) * gradient[i];
    secondMoment[i] = beta2 * secondMoment[i] + (1 - beta2) * gradient[i] ** 2;
    const mHat = firstMoment[i] / (1 - beta1Product);
    const vHat = secondMoment[i] / (1 - beta2 ** step);
    weights[i] -= learningRate * (mHat / (Math.sqrt(vHat) + epsilon) + weightDecay * weights[i]);
  }
}

/** The decay of a weight average at a step counted from 1: 0, 2/11, 3/12, ... up to `decay`. */
export function averageDecay(step: number, decay: number): number {
  return step === 1 ? 0 : Math.min(decay, step / (step + 9));
}

/** Exponential moving average: average = d average + (1 - d) value. */
export function averageStep(average: Float64Array, values: ArrayLike<number>, decay: number): void {
  for (let i = 0; i < average.length; i++) average[i] = decay * average[i] + (1 - decay) * values[i];
}

/** What PyTorch's clip_grad_norm_ multiplies all gradients by, and the norm that it limits. */
export function clipFactor(
  gradients: Iterable<Float64Array>,
  limit: number,
): { norm: number; factor: number } {
  let squares = 0;
  for (const gradient of gradients) for (const g of gradient) squares += g * g;
  const norm = Math.sqrt(squares);
  return { norm, factor: Math.min(1, limit / (norm + 1e-6)) };
}

/** Dynamic loss scaling (Micikevicius et al. 2018): the state after a step that was good, or skipped. */
export function lossScaleStep(
  { scale, good, skipped }: { scale: number; good: number; skipped: number },
  finite: boolean,
  growth: number,
): { scale: number; good: number; skipped: number } {
  if (!finite) return { scale: Math.max(1, scale / 2), good: 0, skipped: skipped + 1 };
  return good + 1 < growth
    ? { scale, good: good + 1, skipped }
    : { scale: Math.min(2 ** 15, scale * 2), good: 0, skipped };
}
