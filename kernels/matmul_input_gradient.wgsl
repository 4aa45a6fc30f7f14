// dX = dY Wᵀ, the gradient of a matrix product with respect to its left operand.
//
//   dX[m, k] = sum_n dY[m, n] W[k, n]
//
// dy [M, N]
// w  [K, N]
// dx [M, K]
//
// A thread keeps a tile of TILE_M rows by TILE_K columns of dX in registers, TILE_K a multiple of four, and
// walks along N, where both operands are contiguous.

override M: u32;
override K: u32;
override K4: u32;
override N4: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = flat_thread(group, groups, lane);
  let column_tiles = (K + u32(TILE_K) - 1u) / u32(TILE_K);
  let k = (thread % column_tiles) * u32(TILE_K);
  let m = (thread / column_tiles) * u32(TILE_M);
  if (m >= M) { return; }

  // Rows past an edge repeat the last one; their results are not stored.
  var rows: array<u32, TILE_M>;
  for (var r = 0; r < TILE_M; r++) { rows[r] = min(m + u32(r), M - 1u) * N4; }
  var weights: array<u32, TILE_K>;
  for (var c = 0; c < TILE_K; c++) { weights[c] = min(k + u32(c), K - 1u) * N4; }

  var sum: array<f32, TILE_M * TILE_K>;
  for (var n4 = 0u; n4 < N4; n4++) {
    let map = dy_map(n4);
    var w: array<vec4f, TILE_K>;
    for (var c = 0; c < TILE_K; c++) { w[c] = w_load(weights[c] + n4); }
    for (var r = 0; r < TILE_M; r++) {
      let g = dy_value(rows[r] + n4, map);
      for (var c = 0; c < TILE_K; c++) {
        var s = sum[r * TILE_K + c];
        s = fma(g.x, w[c].x, s);
        s = fma(g.y, w[c].y, s);
        s = fma(g.z, w[c].z, s);
        s = fma(g.w, w[c].w, s);
        sum[r * TILE_K + c] = s;
      }
    }
  }
  for (var r = 0; r < TILE_M; r++) {
    if (m + u32(r) < M) {
      for (var c = 0; c < TILE_K; c += 4) {
        let i = r * TILE_K + c;
        let k4 = (k + u32(c)) / 4u;
        if (k4 < K4) {
          let v = vec4f(sum[i], sum[i + 1], sum[i + 2], sum[i + 3]);
          dx_store((m + u32(r)) * K4 + k4, within(v, k4, K));
        }
      }
    }
  }
}
