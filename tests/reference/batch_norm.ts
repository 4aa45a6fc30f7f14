/** Batch norm of the f64 reference (Ioffe and Szegedy 2015), with an optional ReLU6 behind it. */
import { clampToSix, distanceToRelu6Kinks, slopeOfRelu6 } from "./elementwise.ts";
import { expectShape } from "./shapes.ts";
import { record, type RefTensor } from "./tape.ts";

/** Settings that both modes share. */
export interface BatchNormOptions {
  epsilon: number;
  relu6: boolean;
}

/** Mean and biased variance of every channel (the last axis), two passes; [C] each. */
export function batchStatistics(x: RefTensor): { mean: Float64Array; variance: Float64Array } {
  const channels = x.shape[x.shape.length - 1];
  const rows = x.data.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  x.data.forEach((v, i) => mean[i % channels] += v / rows);
  x.data.forEach((v, i) => variance[i % channels] += (v - mean[i % channels]) ** 2 / rows);
  return { mean, variance };
}

/** Normalizes with this batch's statistics, through which gradients flow. */
export function batchNormTraining(
  x: RefTensor,
  gamma: RefTensor,
  beta: RefTensor,
  options: BatchNormOptions,
): RefTensor {
  const { mean, variance } = batchStatistics(x);
  const inverse = variance.map((v) => 1 / Math.sqrt(v + options.epsilon));
  return normalize(x, gamma, beta, [], mean, inverse, options, (dy, xHat, dGamma, dBeta) => {
    const channels = mean.length;
    const rows = dy.length / channels;
    return dy.map((g, i) => {
      const c = i % channels;
      return gamma.data[c] * inverse[c] * (g - dBeta[c] / rows - xHat[i] * dGamma[c] / rows);
    });
  });
}

/** Normalizes with given statistics [C], which are constants. */
export function batchNormInference(
  x: RefTensor,
  gamma: RefTensor,
  beta: RefTensor,
  mean: RefTensor,
  variance: RefTensor,
  options: BatchNormOptions,
): RefTensor {
  const inverse = variance.data.map((v) => 1 / Math.sqrt(v + options.epsilon));
  return normalize(x, gamma, beta, [mean, variance], mean.data, inverse, options, (dy) => {
    return dy.map((g, i) => g * gamma.data[i % inverse.length] * inverse[i % inverse.length]);
  });
}

function normalize(
  x: RefTensor,
  gamma: RefTensor,
  beta: RefTensor,
  constants: RefTensor[],
  mean: Float64Array,
  inverse: Float64Array,
  options: BatchNormOptions,
  gradientOfX: (
    dy: Float64Array,
    xHat: Float64Array,
    dGamma: Float64Array,
    dBeta: Float64Array,
  ) => Float64Array,
): RefTensor {
  const channels = x.shape[x.shape.length - 1];
  for (const perChannel of [gamma, beta, ...constants]) {
    expectShape("A batch norm's parameter", perChannel, [channels]);
  }
  const xHat = x.data.map((v, i) => (v - mean[i % channels]) * inverse[i % channels]);
  const plain = xHat.map((v, i) => v * gamma.data[i % channels] + beta.data[i % channels]);
  const clearance = options.relu6
    ? plain.reduce((least, v) => Math.min(least, distanceToRelu6Kinks(v)), Infinity)
    : Infinity;
  const data = options.relu6 ? plain.map(clampToSix) : plain;
  return record(x.shape, data, [x, gamma, beta, ...constants], (dy) => {
    const dPlain = options.relu6 ? dy.map((g, i) => g * slopeOfRelu6(plain[i])) : dy;
    const dGamma = new Float64Array(channels);
    const dBeta = new Float64Array(channels);
    dPlain.forEach((g, i) => {
      dGamma[i % channels] += g * xHat[i];
      dBeta[i % channels] += g;
    });
    const dx = gradientOfX(dPlain, xHat, dGamma, dBeta);
    return [dx, dGamma, dBeta, ...constants.map(() => new Float64Array(channels))];
  }, clearance);
}
