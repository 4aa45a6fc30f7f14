/** Batch normalization, with ReLU6 folded in. Its output is deferred: the next kernel applies it as it loads. */
import {
  batchNormCoefficients,
  batchNormGradientCoefficients,
  batchNormGradientOneSlice,
  batchNormGradientSums,
  batchNormInference as inferenceCoefficients,
  batchNormOneSlice,
  batchNormStatistics,
  lastAxis,
  leftSlices,
  MAX_UNIFORM_VEC4S,
  type RowSlices,
  rowSlices,
  type WithStatistics,
} from "../../kernels/mod.ts";
import type { Parameter } from "../parameter.ts";
import { record, type Recorded, recorder, temporary, valuesBound } from "../recorder.ts";
import { asTensor, constant, type Deferred, result, Tensor, type TensorLike } from "../tensor.ts";
import type { Value } from "../value.ts";
import { apartFrom } from "./apart.ts";
import { sizesOf } from "./sizes.ts";

/** Running statistics that training updates: running = momentum · running + (1 - momentum) · batch. */
export interface RunningStatistics {
  /** [C], not trainable. */
  readonly mean: Parameter;
  /** [C], not trainable; of biased variances. */
  readonly variance: Parameter;
  /** Share of the old value that stays, from 0 to 1. */
  readonly momentum: number;
}

/**
 * Batch norm over every axis but the last with this batch's mean and biased variance, then ReLU6 if asked.
 *
 * x [..., C], gamma and beta [C] → [..., C]. Ioffe and Szegedy, 2015.
 *
 * @throws {ShapeError} when gamma, beta or the running statistics are not [C].
 */
export function batchNormTraining(
  x: TensorLike,
  gamma: TensorLike,
  beta: TensorLike,
  options: { epsilon: number; relu6: boolean; running?: RunningStatistics },
): Tensor {
  const [input, g, b] = [asTensor(x), asTensor(gamma), asTensor(beta)];
  const { running } = options;
  const { C } = sizesOf("batchNormTraining", { x: [input, "... C"], gamma: [g, "C"], beta: [b, "C"] });
  if (running) {
    const { mean, variance } = running;
    sizesOf("batchNormTraining", { gamma: [g, "C"], mean: [mean, "C"], variance: [variance, "C"] });
  }
  const [coefficients, moments] = [perChannel(2, C), perChannel(2, C)];
  const scratch = () => {
    const value = constant(new Float32Array(C), [C]).value;
    value.pinned = "buffer";
    return value;
  };
  const values = {
    x: input.value,
    gamma: (running ? apartFrom(running.mean, g) : g).value,
    beta: (running ? apartFrom(running.mean, b) : b).value,
    settings: constant([options.epsilon, running?.momentum ?? 1], [2], { uniform: true }).value,
    running_mean: running ? asTensor(running.mean).value : scratch(),
    running_variance: running ? asTensor(running.variance).value : scratch(),
    coefficients,
    moments,
  };
  const left = statisticsOf(input);
  const slices = left?.slices ?? rowSlices(input.shape, recorder().device.target);
  if (!left && slices.slices === 1) {
    record(batchNormOneSlice(slices), values);
  } else {
    const partial = left?.partial ?? perChannel(2 * slices.slices, C);
    if (!left) record(batchNormStatistics(slices), { x: input.value, partial });
    record(batchNormCoefficients(slices), { ...values, partial });
  }
  return normalized(input, g, b, coefficients, moments, { relu6: options.relu6, batchStatistics: true });
}

/** What a kernel leaves for a batch norm besides its result. */
interface LeftPartial {
  readonly slices: RowSlices;
  /** [slices, 2, C] */
  readonly partial: Value;
}

/** Has the kernel that makes x leave its statistics, where it can. */
function statisticsOf(x: Tensor): LeftPartial | undefined {
  const writer = recorder().writerOf(x.value);
  return leftBy(writer, writer?.dispatch.withStatistics?.(), x, {});
}

/**
 * Has the kernel that makes dz, the gradient of a batch norm of x, leave the sums that the batch norm's own gradient needs,
 * where it can.
 */
function gradientSumsOf(
  x: Tensor,
  dz: Value,
  relu6: boolean,
  coefficients: Value,
  moments: Value,
): LeftPartial | undefined {
  const writer = recorder().writerOf(dz);
  const left = writer?.dispatch.withGradientSums?.(relu6);
  // Where it does not read x besides, it must have read x through the batch norm already.
  const readsNorm = left?.dispatch.bindings.some(({ name }) => name === "norm");
  if (!writer || !readsNorm && !valuesBound(writer, "read").includes(coefficients)) return undefined;
  return leftBy(writer, left, x, { norm: x.value, norm_coefficients: coefficients, moments });
}

function leftBy(
  writer: Recorded | undefined,
  left: WithStatistics | undefined,
  x: Tensor,
  more: Readonly<Record<string, Value>>,
): LeftPartial | undefined {
  const channels = lastAxis(x.shape);
  // A reshaped tensor can have other channels than what was written.
  if (!writer || !left || lastAxis(x.value.shape) !== channels) return undefined;
  const partial = perChannel(2 * left.slices, channels);
  // The variants are timed without statistics: they add the same few sums to each.
  const dispatch = { ...left.dispatch, tunable: writer.dispatch.tunable };
  if (!recorder().extend(writer, dispatch, { ...more, statistics: partial })) return undefined;
  return { slices: leftSlices(x.shape, left, recorder().device.target), partial };
}

/**
 * Batch norm with given statistics, then ReLU6 if asked. No gradient flows into the statistics.
 *
 * x [..., C], gamma, beta, mean and variance [C] → [..., C].
 *
 * @throws {ShapeError} when one of them is not [C].
 */
export function batchNormInference(
  x: TensorLike,
  gamma: TensorLike,
  beta: TensorLike,
  mean: TensorLike,
  variance: TensorLike,
  options: { epsilon: number; relu6: boolean },
): Tensor {
  const [input, g, b] = [asTensor(x), asTensor(gamma), asTensor(beta)];
  const [m, v] = [asTensor(mean), asTensor(variance)];
  const { C } = sizesOf("batchNormInference", {
    x: [input, "... C"],
    gamma: [g, "C"],
    beta: [b, "C"],
    mean: [m, "C"],
    variance: [v, "C"],
  });
  const [coefficients, moments] = [perChannel(2, C), perChannel(2, C)];
  record(inferenceCoefficients(C), {
    gamma: g.value,
    beta: b.value,
    mean: m.value,
    variance: v.value,
    settings: constant([options.epsilon], [1], { uniform: true }).value,
    coefficients,
    moments,
  });
  return normalized(input, g, b, coefficients, moments, { relu6: options.relu6, batchStatistics: false });
}

function normalized(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  coefficients: Value,
  moments: Value,
  { relu6, batchStatistics }: { relu6: boolean; batchStatistics: boolean },
): Tensor {
  const channels = lastAxis(x.shape);
  const deferred: Deferred = { source: x, coefficients, prologue: relu6 ? "affine-relu6" : "affine" };
  return result([x, gamma, beta], x.shape, deferred, (gradient) => {
    const dz = gradient.value;
    const left = gradientSumsOf(x, dz, relu6, coefficients, moments);
    const slices = left?.slices ?? rowSlices(x.shape, recorder().device.target);
    const [dgamma, dbeta] = [temporary([channels]), temporary([channels])];
    const gradientCoefficients = perChannel(4, channels);
    const values = { dgamma, dbeta, gradient_coefficients: gradientCoefficients, coefficients, moments };
    if (!left && slices.slices === 1) {
      record(batchNormGradientOneSlice(slices, relu6, batchStatistics), { ...values, x: x.value, dz });
    } else {
      const partial = left?.partial ?? perChannel(2 * slices.slices, channels);
      if (!left) {
        record(batchNormGradientSums(slices, relu6), { x: x.value, dz, coefficients, moments, partial });
      }
      record(batchNormGradientCoefficients(slices, batchStatistics), { ...values, partial });
    }
    const dx = new Tensor(x.shape, {
      source: gradient,
      input: x,
      coefficients: gradientCoefficients,
      prologue: relu6 ? "norm-relu6-gradient" : "norm-gradient",
    });
    return [dx, new Tensor([channels], dgamma), new Tensor([channels], dbeta)];
  });
}

/**
 * Memory for a few values per channel. Where tensors live in textures this is a uniform buffer: read almost as
 * fast, and without a copy between the kernel that writes them and the ones that read them.
 */
function perChannel(rows: number, channels: number): Value {
  const value = temporary([rows, channels]);
  const small = value.vec4s <= MAX_UNIFORM_VEC4S;
  if (recorder().device.storage === "texture" && small) value.pinned = "uniform";
  return value;
}
