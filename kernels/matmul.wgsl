// The matrix product behind pointwise convolution, dense layers and distances; with TRANSPOSED the gradient with
// respect to the left operand.
//
//   Y[m, n] = sum_k X[m, k] W[k, n]       TRANSPOSED:  Y[m, n] = sum_k X[m, k] W[n, k]
//
// x [M, K]  row-major; a per-channel map (the previous batch norm and ReLU6) may be applied as it is loaded
// w [K, N]  row-major                   TRANSPOSED:  [N, K]
// y [M, N]
//
// A thread keeps a tile of eight rows by one or two vec4s (TILE_N4) of Y in registers. Along K it takes one vec4 of
// each of its rows of X and the 4 × 4 block of W that belongs to it. Neighbouring threads share rows of X and read
// neighbouring columns of W. Loops are short and one level deep, so that every compiler unrolls them and the sums
// stay in registers.

override M: u32;
override N: u32;
override N4: u32;
override K: u32;
override K4: u32;

// The 4 × 4 block of W at rows 4·k4 and columns 4·n4, as the product sees it. Past the last row of W as it is
// stored the last one repeats: X is zero there, or the result is not kept.
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

fn multiply_add(w: mat4x4f, x: vec4f, sum: vec4f) -> vec4f {
  return fma(x.wwww, w[3], fma(x.zzzz, w[2], fma(x.yyyy, w[1], fma(x.xxxx, w[0], sum))));
}

fn run(thread: u32) {
  let column_tiles = (N4 + u32(TILE_N4) - 1u) / u32(TILE_N4);
  let n4 = (thread % column_tiles) * u32(TILE_N4);
  let m = (thread / column_tiles) * 8u;
  if (m >= M) { return; }

  // Rows and columns past the edge repeat the last one; their results are not stored.
  let right_n4 = min(n4 + 1u, N4 - 1u);
  var left: array<vec4f, 8>;
  var right: array<vec4f, 8>;
  for (var k4 = 0u; k4 < K4; k4++) {
    let map = x_map(k4);
    let w = block(k4, n4);
    if (TILE_N4 == 2) {
      let v = block(k4, right_n4);
      for (var r = 0u; r < 4u; r++) {
        let x = x_value(min(m + r, M - 1u) * K4 + k4, map);
        left[r] = multiply_add(w, x, left[r]);
        right[r] = multiply_add(v, x, right[r]);
      }
      for (var r = 4u; r < 8u; r++) {
        let x = x_value(min(m + r, M - 1u) * K4 + k4, map);
        left[r] = multiply_add(w, x, left[r]);
        right[r] = multiply_add(v, x, right[r]);
      }
    } else {
      for (var r = 0u; r < 8u; r++) {
        left[r] = multiply_add(w, x_value(min(m + r, M - 1u) * K4 + k4, map), left[r]);
      }
    }
  }
  for (var r = 0u; r < 8u; r++) {
    if (m + r < M) {
      y_store((m + r) * N4 + n4, within(left[r], n4, N));
      if (TILE_N4 == 2 && n4 + 1u < N4) { y_store((m + r) * N4 + n4 + 1u, within(right[r], n4 + 1u, N)); }
    }
  }
}
