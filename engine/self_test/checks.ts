/** The computations of the self-test: on the GPU, and in f64. */
import { elementCount, type Precision } from "../../kernels/mod.ts";
import { batchNormTraining } from "../ops/batch_norm.ts";
import { depthwiseConv } from "../ops/convolution.ts";
import { pointwiseConv } from "../ops/matrix.ts";
import { Random } from "../random.ts";
import type { Tensor } from "../tensor.ts";
import { batchNorm, depthwise, type ImageShape, outputSize, product, type Reference } from "./references.ts";

/** A computation with a gradient. */
export interface Check {
  readonly name: string;
  /** Shapes of its inputs, in order. */
  readonly shapes: readonly (readonly number[])[];
  /** Shape of its result. */
  readonly result: readonly number[];
  /** What its activations are stored as. */
  readonly precision: Precision;
  /** Records it. */
  record(...inputs: Tensor[]): Tensor;
  /** The same in f64. */
  reference(...inputs: Float32Array[]): Reference;
}

const EPSILON = 1e-3;

/** All of them: sizes that no tile divides, and a block of the network, whose kernels are joined to each other. */
export function allChecks(): Check[] {
  return [
    productCheck({ n: 4, h: 33, w: 31, c: 24 }, 66),
    depthwiseCheck({ n: 2, h: 18, w: 15, c: 42 }, 2),
    blockCheck({ n: 2, h: 16, w: 12, c: 16 }, "f32"),
    blockCheck({ n: 2, h: 16, w: 12, c: 16 }, "f16"),
  ];
}

/** Random inputs of a computation, and a gradient of its result. */
export function drawInputs({ shapes, result }: Check): { values: Float32Array[]; dy: Float32Array } {
  const random = new Random(1);
  return { values: shapes.map((shape, i) => drawn(random, shape, i)), dy: drawn(random, result, 0) };
}

/** Images and weights around 0; scales and shifts such that ReLU6 clamps a few. */
function drawn(random: Random, shape: readonly number[], input: number): Float32Array {
  const length = elementCount(shape);
  if (shape.length > 1) return Float32Array.from({ length }, () => random.normal());
  const middle = input % 3 === 0 ? 3 : 1.5;
  return Float32Array.from({ length }, () => middle + random.uniform(-0.3, 0.3));
}

function imageOf({ n, h, w, c }: ImageShape): number[] {
  return [n, h, w, c];
}

function geometry(stride: number) {
  return { stride, padding: { top: 1, bottom: 1, left: 1, right: 1 } };
}

function productCheck(shape: ImageShape, n: number): Check {
  return {
    name: `matrix product ${shape.n * shape.h * shape.w}×${shape.c}×${n}`,
    shapes: [imageOf(shape), [shape.c, n]],
    result: imageOf({ ...shape, c: n }),
    precision: "f32",
    record: (x, w) => pointwiseConv(x!, w!),
    reference: (x, w) => product(x!, w!, { k: shape.c, n }),
  };
}

function depthwiseCheck(shape: ImageShape, stride: number): Check {
  return {
    name: `depthwise convolution, stride ${stride}`,
    shapes: [imageOf(shape), [3, 3, shape.c]],
    result: imageOf({ ...shape, h: outputSize(shape.h, stride), w: outputSize(shape.w, stride) }),
    precision: "f32",
    record: (x, w) => depthwiseConv(x!, w!, geometry(stride)),
    reference: (x, w) => depthwise(x!, w!, shape, stride),
  };
}

/** Expansion, batch norm, depthwise convolution, batch norm, projection, batch norm. */
function blockCheck(shape: ImageShape, precision: Precision): Check {
  const [wide, narrow] = [6 * shape.c, shape.c + 8];
  const options = { epsilon: EPSILON, relu6: true };
  const last = { epsilon: EPSILON, relu6: false };
  const inner = { ...shape, c: wide };
  return {
    name: `inverted residual block in ${precision}`,
    shapes: [
      imageOf(shape),
      ...[[shape.c, wide], [wide], [wide]],
      ...[[3, 3, wide], [wide], [wide]],
      ...[[wide, narrow], [narrow], [narrow]],
    ],
    result: imageOf({ ...shape, c: narrow }),
    precision,
    record: (x, w1, g1, b1, w2, g2, b2, w3, g3, b3) => {
      const a = batchNormTraining(pointwiseConv(x!, w1!), g1!, b1!, options);
      const b = batchNormTraining(depthwiseConv(a, w2!, geometry(1)), g2!, b2!, options);
      return batchNormTraining(pointwiseConv(b, w3!), g3!, b3!, last);
    },
    reference: (x, w1, g1, b1, w2, g2, b2, w3, g3, b3) => {
      const p1 = product(x!, w1!, { k: shape.c, n: wide });
      const n1 = batchNorm(p1.values, g1!, b1!, options);
      const d = depthwise(n1.values, w2!, inner, 1);
      const n2 = batchNorm(d.values, g2!, b2!, options);
      const p2 = product(n2.values, w3!, { k: wide, n: narrow });
      const n3 = batchNorm(p2.values, g3!, b3!, last);
      return {
        values: n3.values,
        gradients: (dy) => {
          const [dp2, ...norm3] = n3.gradients(dy);
          const [dn2, dw3] = p2.gradients(dp2!);
          const [dd, ...norm2] = n2.gradients(dn2!);
          const [dn1, dw2] = d.gradients(dd!);
          const [dp1, ...norm1] = n1.gradients(dn1!);
          const [dx, dw1] = p1.gradients(dp1!);
          return [dx!, dw1!, ...norm1, dw2!, ...norm2, dw3!, ...norm3];
        },
      };
    },
  };
}
