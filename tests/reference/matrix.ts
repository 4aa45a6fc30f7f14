/** Matrix products of the f64 reference, and the layers that are one. */
import { broadcastIndices, broadcastShape, expectShape } from "./shapes.ts";
import { add } from "./elementwise.ts";
import { permute } from "./layout.ts";
import { elementCount, record, type RefTensor } from "./tape.ts";

/** [..., M, K] x [..., K, N] -> [..., M, N]; the axes in front broadcast. */
export function matmul(a: RefTensor, b: RefTensor): RefTensor {
  const [m, k] = a.shape.slice(-2);
  const [inner, n] = b.shape.slice(-2);
  if (k === undefined || inner !== k) throw new RangeError(`[${a.shape}] and [${b.shape}] do not multiply`);
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [inA, inB] = [a, b].map(({ shape }) => broadcastIndices(shape.slice(0, -2), batch));
  const of = (x: Float64Array, entry: number, size: number) => x.subarray(entry * size, (entry + 1) * size);
  const data = new Float64Array(inA.length * m * n);
  inA.forEach((_, i) =>
    data.set(product(of(a.data, inA[i], m * k), of(b.data, inB[i], k * n), m, k, n), i * m * n)
  );
  return record([...batch, m, n], data, [a, b], (dy) => {
    const [da, db] = [new Float64Array(a.data.length), new Float64Array(b.data.length)];
    inA.forEach((_, i) => {
      const g = of(dy, i, m * n);
      const left = product(g, transposed(of(b.data, inB[i], k * n), k, n), m, n, k);
      const right = product(transposed(of(a.data, inA[i], m * k), m, k), g, k, m, n);
      left.forEach((v, j) => da[inA[i] * m * k + j] += v);
      right.forEach((v, j) => db[inB[i] * k * n + j] += v);
    });
    return [da, db];
  });
}

/** [M, N] -> [N, M]. */
export function transpose(x: RefTensor, first = -2, second = -1): RefTensor {
  const axes = x.shape.length;
  const [a, b] = [first, second].map((axis) => (axis + axes) % axes);
  if (axes > 2) return permute(x, [...x.shape.keys()].with(a, b).with(b, a));
  expectShape("A matrix to transpose", x, [-1, -1]);
  const [m, n] = x.shape;
  return record([n, m], transposed(x.data, m, n), [x], (dy) => [transposed(dy, n, m)]);
}

/** [..., in] x [in, out] + [out] -> [..., out]. */
export function dense(x: RefTensor, weight: RefTensor, bias: RefTensor): RefTensor {
  const k = x.shape[x.shape.length - 1];
  const m = x.data.length / k;
  expectShape("A dense layer's weight", weight, [k, -1]);
  const n = weight.shape[1];
  expectShape("A dense layer's bias", bias, [n]);
  const data = product(x.data, weight.data, m, k, n).map((v, i) => v + bias.data[i % n]);
  return record([...x.shape.slice(0, -1), n], data, [x, weight, bias], (dy) => {
    const dBias = new Float64Array(n);
    dy.forEach((g, i) => dBias[i % n] += g);
    return [
      product(dy, transposed(weight.data, k, n), m, n, k),
      product(transposed(x.data, m, k), dy, k, m, n),
      dBias,
    ];
  });
}

/** 1x1 convolution: x [N,H,W,Cin], weight [Cin,Cout] -> [N,H,W,Cout]. */
export function pointwiseConv(
  x: RefTensor,
  weight: RefTensor,
  { bias }: { bias?: RefTensor } = {},
): RefTensor {
  expectShape("A pointwise convolution's input", x, [-1, -1, -1, -1]);
  const channels = x.shape[3];
  expectShape("A pointwise convolution's weight", weight, [channels, -1]);
  const out = weight.shape[1];
  const rows = elementCount(x.shape.slice(0, 3));
  const data = product(x.data, weight.data, rows, channels, out);
  const y = record([...x.shape.slice(0, 3), out], data, [x, weight], (dy) => [
    product(dy, transposed(weight.data, channels, out), rows, out, channels),
    product(transposed(x.data, rows, channels), dy, channels, rows, out),
  ]);
  return bias ? add(y, bias) : y;
}

function product(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const y = new Float64Array(m * n);
  for (let row = 0; row < m; row++) {
    for (let inner = 0; inner < k; inner++) {
      const factor = a[row * k + inner];
      for (let column = 0; column < n; column++) y[row * n + column] += factor * b[inner * n + column];
    }
  }
  return y;
}

function transposed(x: Float64Array, m: number, n: number): Float64Array {
  const y = new Float64Array(m * n);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) y[column * m + row] = x[row * n + column];
  }
  return y;
}
