/**
 * All ops of the f64 reference. An op is a function of the files below that returns a tensor; what the engine offers under
 * the same name computes the same. So a row of the gradient table is written once, against {@link Ops}, and runs on both.
 *
 * All tensors are row-major; images are NHWC. Every op throws on shapes that do not fit.
 *
 * At a kink (ReLU at 0, ReLU6 at 0 and 6, a hinge at exactly 0) the gradient is 0. Of equal candidates an op takes the one of
 * lowest index, and no gradient flows through the choice.
 */
import * as batchNorm from "./batch_norm.ts";
import * as centerLoss from "./center_loss.ts";
import * as convolution from "./convolution.ts";
import * as crossEntropy from "./cross_entropy.ts";
import * as distance from "./distance.ts";
import * as elementwise from "./elementwise.ts";
import * as integers from "./integers.ts";
import * as layout from "./layout.ts";
import * as matrix from "./matrix.ts";
import * as pooling from "./pooling.ts";
import * as reductions from "./reductions.ts";
import * as rows from "./rows.ts";
import { type Indices, type RefTensor, roundToF32 } from "./tape.ts";
import * as tripletLoss from "./triplet_loss.ts";

export type * from "./settings.ts";

const reference = {
  ...batchNorm,
  ...centerLoss,
  ...convolution,
  ...crossEntropy,
  ...distance,
  ...elementwise,
  ...integers,
  ...layout,
  ...matrix,
  ...pooling,
  ...reductions,
  ...rows,
  ...tripletLoss,
};

type Reference = typeof reference;

/** The parameter of an op over tensors `T` and arrays of indices `I` for one of the reference. */
type Parameter<P, T, I> = P extends RefTensor ? T
  : P extends RefTensor[] ? T[]
  : "bias" extends keyof P ? Omit<P, "bias"> & { bias?: T }
  : [P, Indices] extends [Indices, P] ? I
  : P;

type Op<F, T, I> = F extends (...parameters: infer Ps) => RefTensor
  ? (...parameters: { [K in keyof Ps]: Parameter<Ps[K], T, I> }) => T
  : never;

/** The reference's ops over a tensor type `T` and a type `I` of integer arrays: labels, indices. */
export type Ops<T, I> = {
  [Name in keyof Reference as Reference[Name] extends (...args: never[]) => RefTensor ? Name : never]: Op<
    Reference[Name],
    T,
    I
  >;
};

/** Every op in f64, recorded on the tape. */
export const referenceOps: Ops<RefTensor, number[]> = reference;

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
