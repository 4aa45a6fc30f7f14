// Y = X W, the matrix product behind pointwise convolution and dense layers.
//
//   Y[m, n] = sum_k X[m, k] W[k, n]
//
// x [M, K]  row-major; a per-channel map (the previous batch norm and ReLU6) may be applied as it is loaded
// w [K, N]  row-major
// y [M, N]
//
// A thread keeps a tile of TILE_M rows by TILE_N4 vec4s of Y in registers. Along K it takes one vec4 of each
// of its rows of X and the four rows of W that belong to it. Neighbouring threads share rows of X and read
// neighbouring columns of W.

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
  let column_tiles = (N4 + u32(TILE_N4) - 1u) / u32(TILE_N4);
  let n4 = (thread % column_tiles) * u32(TILE_N4);
  let m = (thread / column_tiles) * u32(TILE_M);
  if (m >= M) { return; }

  // Rows and columns past the edge repeat the last one; their results are not stored.
  var rows: array<u32, TILE_M>;
  for (var r = 0; r < TILE_M; r++) { rows[r] = min(m + u32(r), M - 1u) * K4; }
  var columns: array<u32, TILE_N4>;
  for (var c = 0; c < TILE_N4; c++) { columns[c] = min(n4 + u32(c), N4 - 1u); }

  var sum: array<vec4f, TILE_M * TILE_N4>;
  for (var k4 = 0u; k4 < K4; k4++) {
    let map = x_map(k4);
    // Where K is no multiple of four the last rows of W repeat; X is zero there.
    var w: array<vec4f, 4 * TILE_N4>;
    for (var i = 0; i < 4; i++) {
      let row = min(k4 * 4u + u32(i), K - 1u) * N4;
      for (var c = 0; c < TILE_N4; c++) { w[i * TILE_N4 + c] = w_load(row + columns[c]); }
    }
    for (var r = 0; r < TILE_M; r++) {
      let x = x_value(rows[r] + k4, map);
      for (var c = 0; c < TILE_N4; c++) {
        var s = sum[r * TILE_N4 + c];
        s = fma(x.xxxx, w[c], s);
        s = fma(x.yyyy, w[TILE_N4 + c], s);
        s = fma(x.zzzz, w[2 * TILE_N4 + c], s);
        s = fma(x.wwww, w[3 * TILE_N4 + c], s);
        sum[r * TILE_N4 + c] = s;
      }
    }
  }
  for (var r = 0; r < TILE_M; r++) {
    if (m + u32(r) < M) {
      for (var c = 0; c < TILE_N4; c++) {
        if (n4 + u32(c) < N4) { y_store((m + u32(r)) * N4 + n4 + u32(c), sum[r * TILE_N4 + c]); }
      }
    }
  }
}
