/** Tensors, automatic differentiation and optimisers on WebGPU: record a function once, replay it on the GPU. */
export { backward, type Gradients } from "./autograd.ts";
export { type AdapterDescription, Device, type DeviceOptions } from "./device.ts";
export { type Clock, DispatchTimer, type Operand, type Operands, wallClock } from "./dispatch_timer.ts";
export * from "./errors.ts";
export type { MemoryUse } from "./memory.ts";
export { LOSS_SCALE_STATE, LossScale } from "./loss_scale.ts";
export * from "./ops/all_triplets.ts";
export * from "./ops/batch_norm.ts";
export * from "./ops/center.ts";
export * from "./ops/convolution.ts";
export * from "./ops/cross_entropy.ts";
export * from "./ops/distance.ts";
export * from "./ops/elementwise.ts";
export type { Finishing } from "./ops/finish.ts";
export { dense, matmul, pointwiseConv } from "./ops/matrix.ts";
export * from "./ops/augment.ts";
export {
  type ColourStatistics,
  IMAGENET_COLOUR,
  type ImageTransform,
  normalisedImages,
  packTransforms,
  UNMOVED,
} from "./ops/image.ts";
export * from "./ops/normalise.ts";
export * from "./ops/pool.ts";
export * from "./ops/rank.ts";
export * from "./ops/reduce.ts";
export * from "./ops/residual.ts";
export * from "./ops/shape.ts";
export * from "./ops/triplet.ts";
export * from "./ops/unary.ts";
export * from "./optimisers.ts";
export { AVERAGE_PREFIX, WeightAverage } from "./weight_average.ts";
export { type FlatBuffer, type Parameter, ParameterSet } from "./parameter.ts";
export { betterPeaks, leastMilliseconds, measurePeaks, type Peaks, type Work } from "./peaks.ts";
export {
  f32,
  type HostInputs,
  type HostOutputs,
  type InputSpec,
  type ProgramArguments,
  type ProgramInputs,
  type ProgramOutputs,
  scalars,
  u32,
} from "./inputs.ts";
export { Program } from "./program.ts";
export { Random } from "./random.ts";
export {
  type Access,
  type AdapterClass,
  AUGMENTATION_NUMBERS,
  type AugmentShape,
  type Binding,
  type Choices,
  type ConvGeometry,
  type Cost,
  CROSS_ENTROPY_METRICS,
  type Dispatch,
  ERASE_FILLS,
  type EraseFill,
  type Finish,
  type LoadMap,
  type Pads,
  type Precision,
  type Storage,
  type Target,
  targetOf,
  TRIPLET_METRICS,
  type Tunable,
  type VariantWork,
} from "../kernels/mod.ts";
export { type Stopwatch, tunables, tune } from "./tuner.ts";
export { median, runsFor, timeDispatch, waitFloor } from "./timing.ts";
export {
  asTensor,
  constant,
  constantWords,
  type Deferred,
  Tensor,
  type TensorLike,
  Words,
} from "./tensor.ts";
export type { Origin, Value } from "./value.ts";
export { record, type Recorded, type RecordOptions, temporary } from "./recorder.ts";
