/**
 * The operations that both the engine and the f64 reference offer, over a tensor type `T` and a type `I` of
 * integer arrays (labels, indices). A row of the gradient table is written once against this interface and
 * then run on both.
 *
 * All tensors are row-major; images are NHWC. Every function throws on shapes that do not fit.
 *
 * At a kink (ReLU at 0, ReLU6 at 0 and 6, a hinge at exactly 0) the gradient is 0. Of equal candidates mining takes
 * the one of lowest index, and no gradient flows through the choice.
 */
export interface Ops<T, I> {
  /** Elementwise with numpy broadcasting (right-aligned; a dimension of 1 repeats), rank <= 4. */
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  div(a: T, b: T): T;
  /** x * factor + offset, both plain numbers. */
  affine(x: T, factor: number, offset: number): T;
  relu(x: T): T;
  relu6(x: T): T;
  exp(x: T): T;
  /** Natural logarithm. */
  log(x: T): T;
  sqrt(x: T): T;
  /** log(1 + e^x), computed without overflow. */
  softplus(x: T): T;

  /** Sum over the given axes (all when left out), which are removed from the shape; a full sum has shape []. */
  sum(x: T, axes?: number[]): T;
  mean(x: T, axes?: number[]): T;

  /** [M, K] x [K, N] -> [M, N]. */
  matmul(a: T, b: T): T;
  /** Swaps the two axes of a matrix. */
  transpose(x: T): T;
  reshape(x: T, shape: number[]): T;
  /** Elements start <= i < end along one axis. */
  slice(x: T, axis: number, start: number, end: number): T;
  /** Rows of x [R, ...] named by `indices` [n] -> [n, ...]; an index may repeat. */
  gather(x: T, indices: I): T;
  concat(parts: T[], axis: number): T;

  /** [M, in] x [in, out] + [out]. */
  dense(x: T, weight: T, bias: T): T;
  /** x [N,H,W,Cin], weight [Cin,Cout] -> [N,H,W,Cout]. */
  pointwiseConv(x: T, weight: T): T;
  /** x [N,H,W,Cin], weight [kh,kw,Cin,Cout]. */
  conv2d(x: T, weight: T, geometry: ConvGeometry): T;
  /** x [N,H,W,C], weight [3,3,C]. */
  depthwiseConv(x: T, weight: T, geometry: ConvGeometry): T;
  /** Batch norm over every axis but the last with this batch's mean and biased variance, then ReLU6 if asked. */
  batchNormTraining(x: T, gamma: T, beta: T, options: { epsilon: number; relu6: boolean }): T;
  /** Batch norm with given statistics (constants: no gradient flows into them), then ReLU6 if asked. */
  batchNormInference(
    x: T,
    gamma: T,
    beta: T,
    mean: T,
    variance: T,
    options: { epsilon: number; relu6: boolean },
  ): T;
  /** [N,H,W,C] -> [N,C]. */
  globalAveragePool(x: T): T;

  /** x / max(||x||, epsilon) per row of [B, D]; where ||x|| <= epsilon the divisor is the constant epsilon. */
  l2Normalize(x: T, epsilon: number): T;
  /**
   * Distances of every row of x [B, D] to every row -> [B, B]. `squared`: sum (a-b)^2; `euclidean`: its square
   * root, with gradient 0 where the distance is 0; `angular`: 1 - cosine, clamped at 0. The diagonal is exactly 0.
   * A row no longer than 1e-12 has no direction: its angular distance to any other row is 1, with gradient 0.
   */
  pairwiseDistance(x: T, metric: Metric): T;
  /** Distances of the rows of a [M, D] to the rows of b [N, D] -> [M, N]. Same metrics. */
  crossDistance(a: T, b: T, metric: Metric): T;

  /** Mean over rows of -sum_c q_c log softmax(logits)_c with q = (1 - s) one-hot + s / C. -> []. */
  crossEntropy(logits: T, labels: I, smoothing: number): T;
  /** embeddings [T, 3, D] as anchor, positive, negative. Mean over T of the hinge (or softplus). -> []. */
  basicTripletLoss(embeddings: T, options: TripletOptions): T;
  /** embeddings [B, D], labels [B]: batch-hard. Mean over anchors that have a positive and a negative, 0 without. -> []. */
  hardTripletLoss(embeddings: T, labels: I, options: TripletOptions): T;
  /**
   * embeddings [B, D], labels [B]: semi-hard as in TensorFlow Addons, mean over ordered positive pairs, 0 without any.
   * An anchor without a negative counts its distance to one as 0. -> [].
   */
  semiHardTripletLoss(embeddings: T, labels: I, options: TripletOptions): T;
  /** embeddings [B, D], labels [B]: mean of the hinges above 0 (softplus: of all) over all triplets, 0 without. -> []. */
  batchAllTripletLoss(embeddings: T, labels: I, options: TripletOptions): T;
  /**
   * embeddings [B, D], labels [B]: batch-hard, plus with half the margin every anchor's farthest positive against the
   * nearest two images of two other identities; each a mean over the anchors that have both. -> [].
   */
  quadrupletLoss(embeddings: T, labels: I, options: TripletOptions): T;
  /** features [B, D], centers [C, D] (constants: no gradient flows into them), labels [B]: sum |x - c|² / 2. -> []. */
  centerLoss(features: T, centers: T, labels: I): T;
}

/** Stride of both axes and explicit zero padding. */
export interface ConvGeometry {
  stride: number;
  pads: { top: number; bottom: number; left: number; right: number };
}

/** How far two embeddings are apart. */
export type Metric = "euclidean" | "squared" | "angular";

/** Settings of a triplet loss. `softMargin` replaces max(0, x + margin) by log(1 + e^x). */
export interface TripletOptions {
  margin: number;
  metric: Metric;
  softMargin: boolean;
}
