/** What the kernels of the self-test compute, in f64 on the CPU: values, and gradients of their inputs. */
import { itemAt } from "../item_at.ts";

/** A function's values, and the gradients of its inputs for a gradient of its values. */
export interface Reference {
  readonly values: Float64Array;
  gradients(dy: ArrayLike<number>): Float64Array[];
}

/** Numbers by input. */
type Numbers = ArrayLike<number>;

/** Y = X W of x [M, K] and w [K, N]. */
export function product(x: Numbers, w: Numbers, { k, n }: { k: number; n: number }): Reference {
  const m = x.length / k;
  const values = new Float64Array(m * n);
  const visit = (term: (x: number, w: number, y: number) => void) => {
    for (let row = 0; row < m; row++) {
      for (let i = 0; i < k; i++) {
        for (let column = 0; column < n; column++) term(row * k + i, i * n + column, row * n + column);
      }
    }
  };
  visit((i, j, y) => values[y] = itemAt(values, y) + itemAt(x, i) * itemAt(w, j));
  return { values, gradients: (dy) => gradientsOfTerms(visit, x, w, dy) };
}

/** Sizes of images. */
export interface ImageShape {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
}

/** Depthwise 3×3 convolution of x [N, H, W, C] and w [3, 3, C] with one row or column of zeros around the image. */
export function depthwise(x: Numbers, w: Numbers, shape: ImageShape, stride: number): Reference {
  const [oh, ow] = [outputSize(shape.h, stride), outputSize(shape.w, stride)];
  const values = new Float64Array(shape.n * oh * ow * shape.c);
  const visit = (term: (x: number, w: number, y: number) => void) => {
    for (let pixel = 0; pixel < shape.n * oh * ow; pixel++) {
      const [image, row, column] = [Math.floor(pixel / (oh * ow)), Math.floor(pixel / ow) % oh, pixel % ow];
      for (let tap = 0; tap < 9; tap++) {
        const [y, x] = [row * stride + Math.floor(tap / 3) - 1, column * stride + tap % 3 - 1];
        if (y < 0 || y >= shape.h || x < 0 || x >= shape.w) continue;
        const from = (image * shape.h + y) * shape.w + x;
        for (let c = 0; c < shape.c; c++) term(from * shape.c + c, tap * shape.c + c, pixel * shape.c + c);
      }
    }
  };
  visit((i, j, y) => values[y] = itemAt(values, y) + itemAt(x, i) * itemAt(w, j));
  return { values, gradients: (dy) => gradientsOfTerms(visit, x, w, dy) };
}

/** Rows or columns that a depthwise convolution makes of so many. */
export function outputSize(size: number, stride: number): number {
  return Math.floor((size - 1) / stride) + 1;
}

/** The gradients of y, a sum of products of an element of x and one of w. */
function gradientsOfTerms(
  visit: (term: (x: number, w: number, y: number) => void) => void,
  x: Numbers,
  w: Numbers,
  dy: Numbers,
): Float64Array[] {
  const [dx, dw] = [new Float64Array(x.length), new Float64Array(w.length)];
  visit((i, j, y) => {
    dx[i] = itemAt(dx, i) + itemAt(dy, y) * itemAt(w, j);
    dw[j] = itemAt(dw, j) + itemAt(dy, y) * itemAt(x, i);
  });
  return [dx, dw];
}

/**
 * Batch norm of x [..., C] with its own statistics, gamma and beta [C], clamped to [0, 6] where `relu6`: Ioffe and
 * Szegedy 2015, equations of section 3.
 */
export function batchNorm(
  x: Numbers,
  gamma: Numbers,
  beta: Numbers,
  { epsilon, relu6 }: { epsilon: number; relu6: boolean },
): Reference {
  const channels = gamma.length;
  const rows = x.length / channels;
  const sums = (term: (i: number) => number) => {
    const total = new Float64Array(channels);
    for (let i = 0; i < x.length; i++) total[i % channels] = itemAt(total, i % channels) + term(i);
    return total;
  };
  const mean = sums((i) => itemAt(x, i) / rows);
  const variance = sums((i) => (itemAt(x, i) - itemAt(mean, i % channels)) ** 2 / rows);
  const scale = variance.map((v) => 1 / Math.sqrt(v + epsilon));
  const normalized = Float64Array.from(
    { length: x.length },
    (_, i) => (itemAt(x, i) - itemAt(mean, i % channels)) * itemAt(scale, i % channels),
  );
  const linear = normalized.map((v, i) => v * itemAt(gamma, i % channels) + itemAt(beta, i % channels));
  return {
    values: relu6 ? linear.map((v) => Math.min(6, Math.max(0, v))) : linear,
    gradients: (dy) => {
      const g = linear.map((v, i) => relu6 && (v <= 0 || v >= 6) ? 0 : itemAt(dy, i));
      const dBeta = sums((i) => itemAt(g, i));
      const dGamma = sums((i) => itemAt(g, i) * itemAt(normalized, i));
      const dx = g.map((v, i) => {
        const c = i % channels;
        const mean = (itemAt(dBeta, c) + itemAt(normalized, i) * itemAt(dGamma, c)) / rows;
        return itemAt(gamma, c) * itemAt(scale, c) * (v - mean);
      });
      return [dx, dGamma, dBeta];
    },
  };
}
