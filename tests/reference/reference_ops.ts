/** The whole of `Ops` in f64, composed from the files beside this one. */
import { batchNormInference, batchNormTraining } from "./batch_norm.ts";
import { conv2d, depthwiseConv } from "./convolution.ts";
import { centerLoss } from "./center_loss.ts";
import { crossEntropy } from "./cross_entropy.ts";
import { crossDistance, l2Normalize, pairwiseDistance } from "./distance.ts";
import { add, affine, div, exp, log, mul, relu, relu6, softplus, sqrt, sub } from "./elementwise.ts";
import { concat, gather, reshape, slice } from "./layout.ts";
import { dense, matmul, pointwiseConv, transpose } from "./matrix.ts";
import type { Ops } from "./ops.ts";
import { globalAveragePool, mean, sum } from "./reductions.ts";
import { type RefTensor, roundToF32 } from "./tape.ts";
import {
  basicTripletLoss,
  batchAllTripletLoss,
  hardTripletLoss,
  quadrupletLoss,
  semiHardTripletLoss,
} from "./triplet_loss.ts";

/** Every op in f64, recorded on the tape. */
export const referenceOps: Ops<RefTensor, number[]> = {
  add,
  sub,
  mul,
  div,
  affine,
  relu,
  relu6,
  exp,
  log,
  sqrt,
  softplus,
  sum,
  mean,
  matmul,
  transpose,
  reshape,
  slice,
  gather,
  concat,
  dense,
  pointwiseConv,
  conv2d,
  depthwiseConv,
  batchNormTraining,
  batchNormInference,
  globalAveragePool,
  l2Normalize,
  pairwiseDistance,
  crossDistance,
  crossEntropy,
  basicTripletLoss,
  hardTripletLoss,
  semiHardTripletLoss,
  batchAllTripletLoss,
  quadrupletLoss,
  centerLoss,
};

/**
 * The same ops with every result rounded to 32 bits, as an engine that stores f32 would: shows how much of a
 * disagreement is the precision's and not a mistake.
 */
export const roundedOps: Ops<RefTensor, number[]> = new Proxy(referenceOps, {
  get(ops, name) {
    const op = Reflect.get(ops, name);
    return (...args: unknown[]) => {
      const result: RefTensor = Reflect.apply(op, ops, args);
      roundToF32(result.data);
      return result;
    };
  },
});
