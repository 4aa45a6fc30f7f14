// The 4 × 4 block of W that a product multiplies by. Stands in front of the matrix product kernels.
//
//   block[j][i] = W[4·k4 + j, 4·n4 + i]       TRANSPOSED:  block[j][i] = W[4·n4 + i, 4·k4 + j]
//
// w [K, N]  row-major                         TRANSPOSED:  [N, K]

// The 4 × 4 block of W at rows 4·k4 and columns 4·n4, as the product sees it. Past the last stored
// row of W, the last row repeats: X is zero there, or the result is not stored.
fn block(k4: u32, n4: u32) -> mat4x4f {
  if (TRANSPOSED == 1) {
    let n = n4 * 4u;
    let last = N - 1u;
    return transpose(mat4x4f(
      w_load(min(n, last) * K4 + k4),
      w_load(min(n + 1u, last) * K4 + k4),
      w_load(min(n + 2u, last) * K4 + k4),
      w_load(min(n + 3u, last) * K4 + k4),
    ));
  }
  let k = k4 * 4u;
  let last = K - 1u;
  return mat4x4f(
    w_load(k * N4 + n4),
    w_load(min(k + 1u, last) * N4 + n4),
    w_load(min(k + 2u, last) * N4 + n4),
    w_load(min(k + 3u, last) * N4 + n4),
  );
}

// Four columns of a row of Y, after four more products each: x holds four numbers of the row of X.
fn multiply_add(w: mat4x4f, x: vec4f, sum: vec4f) -> vec4f {
  return fma(x.wwww, w[3], fma(x.zzzz, w[2], fma(x.yyyy, w[1], fma(x.xxxx, w[0], sum))));
}
