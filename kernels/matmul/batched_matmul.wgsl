// A matrix product for each entry of a batch.
//
//   y[b, m, n] = sum_k a[b', m, k] · b[b'', k, n]
//
// a [_, M, K]   b [_, K, N]   y [BATCH, M, N]
//
// The batch has two axes, INNER long the second; A_OUTER and A_INNER (and B_…) are the operands' strides along them in
// matrices, 0 along an axis that repeats. A thread computes four rows of one vec4 of columns; neighbors share rows of b.

fn multiply_add(a: vec4f, b: mat4x4f, sum: vec4f) -> vec4f {
  return fma(a.wwww, b[3], fma(a.zzzz, b[2], fma(a.yyyy, b[1], fma(a.xxxx, b[0], sum))));
}

fn run(thread: u32) {
  let tiles = (M + 3u) / 4u;
  let n4 = thread % N4;
  let m = thread / N4 % tiles * 4u;
  let entry = thread / N4 / tiles;
  if (entry >= BATCH) { return; }
  let a = (entry / INNER * A_OUTER + entry % INNER * A_INNER) * M * K4;
  let b = (entry / INNER * B_OUTER + entry % INNER * B_INNER) * K * N4 + n4;
  // Rows past the last one repeat it; they are not stored.
  let rows = a + min(vec4u(m, m + 1u, m + 2u, m + 3u), vec4u(M - 1u)) * K4;

  var sum: array<vec4f, 4>;
  for (var k4 = 0u; k4 < K4; k4++) {
    // Past the last column a is zero, so any row of b is right.
    let k = min(vec4u(0u, 1u, 2u, 3u) + k4 * 4u, vec4u(K - 1u)) * N4;
    let block = mat4x4f(b_load(b + k.x), b_load(b + k.y), b_load(b + k.z), b_load(b + k.w));
    @unroll for (var i = 0u; i < 4; i++) { sum[i] = multiply_add(a_load(rows[i] + k4), block, sum[i]); }
  }
  @unroll for (var i = 0u; i < 4; i++) {
    if (m + i < M) { y_store((entry * M + m + i) * N4 + n4, sum[i]); }
  }
}
