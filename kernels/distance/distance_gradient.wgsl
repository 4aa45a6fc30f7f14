// Gradient of distances with respect to rows: the second half of the backward pass.
//
//   da[m] = sum_n weights[m, n] (a[m] - b[n])
//
// a, da   [M, D],  b [N, D]
// weights [M, N]   from distance_weights.wgsl
//
// A thread takes a vec4 of the columns of TILE_M rows.

fn run(thread: u32) {
  let c4 = thread % D4;
  let m = thread / D4 * u32(TILE_M);
  if (m >= M) { return; }
  var rows: array<u32, TILE_M>;
  var a: array<vec4f, TILE_M>;
  for (var r = 0; r < TILE_M; r++) {
    rows[r] = min(m + u32(r), M - 1u);
    a[r] = a_load(rows[r] * D4 + c4);
  }
  var sum: array<vec4f, TILE_M>;
  for (var n4 = 0u; n4 < N4; n4++) {
    // If N is not a multiple of four, the last row of B repeats; its weight is zero there.
    let n = min(vec4u(n4 * 4u) + vec4u(0u, 1u, 2u, 3u), vec4u(N - 1u)) * D4 + c4;
    let b0 = b_load(n.x);
    let b1 = b_load(n.y);
    let b2 = b_load(n.z);
    let b3 = b_load(n.w);
    for (var r = 0; r < TILE_M; r++) {
      let w = weights_load(rows[r] * N4 + n4);
      var s = sum[r];
      s = fma(w.xxxx, a[r] - b0, s);
      s = fma(w.yyyy, a[r] - b1, s);
      s = fma(w.zzzz, a[r] - b2, s);
      s = fma(w.wwww, a[r] - b3, s);
      sum[r] = s;
    }
  }
  for (var r = 0; r < TILE_M; r++) {
    if (m + u32(r) < M) { da_store((m + u32(r)) * D4 + c4, sum[r]); }
  }
}
