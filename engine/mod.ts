/**
 * Tensors, automatic differentiation and optimizers on WebGPU: record a function once, replay it on the GPU.
 *
 * Ops work inside {@link Program.record}, which records them; {@link Program.run} runs them, as often as you like, on other
 * inputs. {@link backward} gives gradients, {@link Sgd} and {@link Adam} train what is in a
 * {@link ParameterSet}, and {@link assign} writes an optimizer by hand. A custom op is a dispatch that {@link record} takes and a {@link result} that knows its
 * gradient: `examples/own_op.ts` writes one.
 *
 * @example Fitting a line
 * ```ts
 * import { add, Device, f32, mean, mul, ParameterSet, Program, Sgd, sub } from "@reid/webgpu/engine";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const set = new ParameterSet(device);
 * const slope = set.add("slope", [1], [0]);
 * const offset = set.add("offset", [1], [0]);
 * const sgd = new Sgd(set, { rate: 0.1 });
 *
 * const step = await Program.record(device, { x: f32([4]), y: f32([4]) }, ({ x, y }) => {
 *   const error = sub(add(mul(x, slope), offset), y);
 *   const loss = mean(mul(error, error));
 *   sgd.minimize(loss);
 *   return { loss };
 * });
 * const data = { x: [-1, 0, 1, 2], y: [-1, 1, 3, 5] }; // y = 2x + 1
 * for (let i = 0; i < 100; i++) await step.run(data);
 *
 * assert.ok(Math.abs((await slope.read())[0]! - 2) < 0.01);
 * assert.ok(Math.abs((await offset.read())[0]! - 1) < 0.01);
 * step.destroy();
 * set.destroy();
 * device.destroy();
 * ```
 *
 * @module
 */
export { backward, type Gradients } from "./autograd.ts";
export { type AdapterDescription, Device, type DeviceOptions } from "./device.ts";
export type { Pipelines } from "./pipelines.ts";
export {
  type Clock,
  DispatchTimer,
  type Operand,
  type Operands,
  wallClock,
} from "./timing/dispatch_timer.ts";
export * from "./errors.ts";
export { checkFinite } from "./debug/check_finite.ts";
export {
  firstNonFiniteDispatch,
  type NonFiniteDispatch,
  type TensorSummary,
} from "./debug/first_non_finite.ts";
export type { MemoryUse } from "./plan/owned_memory.ts";
export { LOSS_SCALE_STATE, LossScale } from "./optim/loss_scale.ts";
export * from "./ops/all_triplets.ts";
export * from "./ops/batch_norm.ts";
export * from "./ops/center.ts";
export * from "./ops/convolution.ts";
export * from "./ops/cross_entropy.ts";
export * from "./ops/distance.ts";
export * from "./ops/dropout.ts";
export * from "./ops/elementwise.ts";
export type { EpilogueOptions } from "./ops/epilogue.ts";
export * from "./ops/integers.ts";
export * from "./ops/layer_norm.ts";
export * from "./ops/matrix.ts";
export * from "./ops/augment.ts";
export {
  type ColorStatistics,
  IMAGENET_COLOR,
  type ImageTransform,
  normalizedImages,
  packTransforms,
  UNMOVED,
} from "./ops/image.ts";
export * from "./ops/normalize.ts";
export * from "./ops/pool.ts";
export * from "./ops/rank.ts";
export * from "./ops/reduce.ts";
export type { ReduceOptions } from "./ops/reduced.ts";
export type { Axes } from "./ops/axes.ts";
export * from "./ops/expand.ts";
export * from "./ops/extreme.ts";
export * from "./ops/residual.ts";
export * from "./ops/shape.ts";
export * from "./ops/softmax.ts";
export * from "./ops/triplet.ts";
export * from "./ops/unary.ts";
export type { WindowOptions, WindowPadding } from "./ops/windows.ts";
export * from "./optim/accumulate.ts";
export * from "./optim/assign.ts";
export { clipByGlobalNorm } from "./optim/clip_norm.ts";
export * from "./optim/optimizer.ts";
export * from "./optim/optimizers.ts";
export { AVERAGE_PREFIX, WeightAverage } from "./optim/weight_average.ts";
export type { FlatBuffer } from "./flat_buffer.ts";
export { type Parameter, ParameterSet } from "./parameter.ts";
export { betterPeaks, leastMilliseconds, measurePeaks, type Peaks, type Work } from "./timing/peaks.ts";
export {
  f32,
  type FirstInputs,
  type HostInputs,
  type HostOutputs,
  type InputSpec,
  late,
  type LateInput,
  type LateInputs,
  perRun,
  type ProgramArguments,
  type ProgramInputs,
  type ProgramOutputs,
  scalars,
  u32,
} from "./inputs.ts";
export { Program, type StartedRun } from "./program.ts";
export { Random } from "./random.ts";
export {
  type Access,
  type AdapterClass,
  type AllTripletsShape,
  AUGMENTATION_NUMBERS,
  type AugmentShape,
  type Binding,
  type Choices,
  type Cost,
  CROSS_ENTROPY_METRICS,
  type Dispatch,
  type Epilogue,
  ERASE_FILLS,
  type EraseFill,
  type Pads,
  type Precision,
  type Prologue,
  type Storage,
  type Target,
  targetOf,
  TRIPLET_METRICS,
  type TripletLossShape,
  type Tunable,
  type VariantWork,
} from "../kernels/mod.ts";
export { compiledText, type Stopwatch, tunables, tune } from "./timing/tuner.ts";
export { median, runsFor, timeDispatch, waitFloor } from "./timing/timing.ts";
export { type Tick, timestampTick } from "./timing/timestamps.ts";
export { failedTests, selfTest, type SelfTestResult } from "./self_test/self_test.ts";
export {
  asOperand,
  asTensor,
  constant,
  constantUint32,
  type Deferred,
  result,
  Tensor,
  type TensorLike,
  type TensorOrNumber,
  Uint32Tensor,
} from "./tensor.ts";
export type { Origin, Value } from "./value.ts";
export { activation, type Pass, record, type Recorded, type RecordOptions, temporary } from "./recorder.ts";
