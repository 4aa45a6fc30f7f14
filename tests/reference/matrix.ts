/** Matrix products of the f64 reference, and the layers that are one. */
import { expectShape } from "./shapes.ts";
import { elementCount, record, type RefTensor } from "./tape.ts";

/** [M, K] x [K, N] -> [M, N]. */
export function matmul(a: RefTensor, b: RefTensor): RefTensor {
  expectShape("The left factor of a product", a, [-1, -1]);
  const [m, k] = a.shape;
  expectShape("The right factor of a product", b, [k, -1]);
  const n = b.shape[1];
  return record([m, n], product(a.data, b.data, m, k, n), [a, b], (dy) => [
    product(dy, transposed(b.data, k, n), m, n, k),
    product(transposed(a.data, m, k), dy, k, m, n),
  ]);
}

/** [M, N] -> [N, M]. */
export function transpose(x: RefTensor): RefTensor {
  expectShape("A matrix to transpose", x, [-1, -1]);
  const [m, n] = x.shape;
  return record([n, m], transposed(x.data, m, n), [x], (dy) => [transposed(dy, n, m)]);
}

/** [M, in] x [in, out] + [out] -> [M, out]. */
export function dense(x: RefTensor, weight: RefTensor, bias: RefTensor): RefTensor {
  expectShape("A dense layer's input", x, [-1, -1]);
  const [m, k] = x.shape;
  expectShape("A dense layer's weight", weight, [k, -1]);
  const n = weight.shape[1];
  expectShape("A dense layer's bias", bias, [n]);
  const data = product(x.data, weight.data, m, k, n).map((v, i) => v + bias.data[i % n]);
  return record([m, n], data, [x, weight, bias], (dy) => {
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
export function pointwiseConv(x: RefTensor, weight: RefTensor): RefTensor {
  expectShape("A pointwise convolution's input", x, [-1, -1, -1, -1]);
  const channels = x.shape[3];
  expectShape("A pointwise convolution's weight", weight, [channels, -1]);
  const out = weight.shape[1];
  const rows = elementCount(x.shape.slice(0, 3));
  const data = product(x.data, weight.data, rows, channels, out);
  return record([...x.shape.slice(0, 3), out], data, [x, weight], (dy) => [
    product(dy, transposed(weight.data, channels, out), rows, out, channels),
    product(transposed(x.data, rows, channels), dy, channels, rows, out),
  ]);
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
