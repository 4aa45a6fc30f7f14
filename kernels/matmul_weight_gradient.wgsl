// dW = Xᵀ dY, the gradient of a matrix product with respect to its right operand.
//
//   dW[k, n] = sum_m X[m, k] dY[m, n]
//
// x  [M, K]   a per-channel map may be applied as it is loaded
// dy [M, N]
// dw [SLICES, K, N]  one partial sum per slice of the rows; sum_slices.wgsl adds them (with one slice, dW itself)
//
// M is long and K·N is short, so the rows are cut into slices and a thread sums one slice for a tile of
// 4·TILE_K4 rows by TILE_N4 vec4s of dW that it keeps in registers.

override M: u32;
override K: u32;
override K4: u32;
override N4: u32;
override SLICES: u32;
override SLICE_ROWS: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = flat_thread(group, groups, lane);
  let column_tiles = (N4 + u32(TILE_N4) - 1u) / u32(TILE_N4);
  let row_tiles = (K4 + u32(TILE_K4) - 1u) / u32(TILE_K4);
  let n4 = (thread % column_tiles) * u32(TILE_N4);
  let k4 = (thread / column_tiles % row_tiles) * u32(TILE_K4);
  let slice = thread / (column_tiles * row_tiles);
  if (slice >= SLICES) { return; }

  // Tiles past an edge repeat the last vec4; their results are not stored.
  var n: array<u32, TILE_N4>;
  for (var c = 0; c < TILE_N4; c++) { n[c] = min(n4 + u32(c), N4 - 1u); }
  var k: array<u32, TILE_K4>;
  for (var r = 0; r < TILE_K4; r++) { k[r] = min(k4 + u32(r), K4 - 1u); }

  var sum: array<vec4f, 4 * TILE_K4 * TILE_N4>;
  let last = min((slice + 1u) * SLICE_ROWS, M);
  for (var m = slice * SLICE_ROWS; m < last; m++) {
    var g: array<vec4f, TILE_N4>;
    for (var c = 0; c < TILE_N4; c++) { g[c] = dy_value(m * N4 + n[c], dy_map(n[c])); }
    for (var r = 0; r < TILE_K4; r++) {
      let x = x_value(m * K4 + k[r], x_map(k[r]));
      for (var c = 0; c < TILE_N4; c++) {
        let i = 4 * r * TILE_N4 + c;
        sum[i] = fma(x.xxxx, g[c], sum[i]);
        sum[i + TILE_N4] = fma(x.yyyy, g[c], sum[i + TILE_N4]);
        sum[i + 2 * TILE_N4] = fma(x.zzzz, g[c], sum[i + 2 * TILE_N4]);
        sum[i + 3 * TILE_N4] = fma(x.wwww, g[c], sum[i + 3 * TILE_N4]);
      }
    }
  }
  for (var r = 0; r < 4 * TILE_K4; r++) {
    let row = k4 * 4u + u32(r);
    if (row < K) {
      for (var c = 0; c < TILE_N4; c++) {
        if (n4 + u32(c) < N4) { dw_store((slice * K + row) * N4 + n4 + u32(c), sum[r * TILE_N4 + c]); }
      }
    }
  }
}
