/** The engine's ops and losses behind the interface that the gradient table is written against. */
import * as engine from "../../engine/mod.ts";
import type { Tensor, Uint32Tensor } from "../../engine/mod.ts";
import * as losses from "../../losses/mod.ts";
import type { Ops } from "../reference/ops.ts";

/** Every op of the interface, computed by the engine inside the program being recorded. */
export const engineOps: Ops<Tensor, Uint32Tensor> = {
  add: engine.add,
  sub: engine.sub,
  mul: engine.mul,
  div: engine.div,
  affine: engine.affine,
  relu: engine.relu,
  relu6: engine.relu6,
  exp: engine.exp,
  log: engine.log,
  sqrt: engine.sqrt,
  softplus: engine.softplus,
  sum: engine.sum,
  mean: engine.mean,
  matmul: engine.matmul,
  transpose: engine.transpose,
  reshape: engine.reshape,
  slice: engine.slice,
  gather: engine.gather,
  concat: engine.concat,
  dense: engine.dense,
  pointwiseConv: engine.pointwiseConv,
  conv2d: engine.conv2d,
  depthwiseConv: engine.depthwiseConv,
  batchNormTraining: engine.batchNormTraining,
  batchNormInference: engine.batchNormInference,
  globalAveragePool: engine.globalAveragePool,
  l2Normalize: engine.l2Normalize,
  pairwiseDistance: engine.pairwiseDistance,
  crossDistance: engine.crossDistance,
  crossEntropy: losses.crossEntropy,
  basicTripletLoss: (embeddings, options) => losses.basicTripletLoss(embeddings, options).loss,
  hardTripletLoss: (embeddings, labels, options) => losses.hardTripletLoss(embeddings, labels, options).loss,
  semiHardTripletLoss: (embeddings, labels, options) =>
    losses.semiHardTripletLoss(embeddings, labels, options).loss,
  batchAllTripletLoss: (embeddings, labels, options) =>
    losses.batchAllTripletLoss(embeddings, labels, options).loss,
  quadrupletLoss: (embeddings, labels, options) => losses.quadrupletLoss(embeddings, labels, options).loss,
  centerLoss: losses.centerLoss,
};
