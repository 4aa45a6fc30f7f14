// dW = Xᵀ dY, the gradient of a matrix product with respect to its right operand.
//
//   dW[k, n] = sum_m X[m, k] dY[m, n]
//
// x  [M, K]   a per-channel map may be applied as it is loaded
// dy [M, N]
// dw [SLICES, K, N]  one partial sum per slice of the rows; sum_slices.wgsl adds them (with one slice, dW itself)
//
// M is long and K·N is short, so the rows are cut into slices and a thread sums one slice for a tile of 4·TILE_K4
// rows by TILE_N4 vec4s of dW (one or two each way), which it keeps in registers.

override M: u32;
override K: u32;
override K4: u32;
override N4: u32;
override SLICES: u32;
override SLICE_ROWS: u32;

// Adds the outer product of four rows and four columns.
fn outer_add(sum: mat4x4f, x: vec4f, g: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(x.xxxx, g, sum[0]),
    fma(x.yyyy, g, sum[1]),
    fma(x.zzzz, g, sum[2]),
    fma(x.wwww, g, sum[3]),
  );
}

fn store(slice: u32, k4: u32, n4: u32, sum: mat4x4f) {
  if (k4 < K4 && n4 < N4) {
    let row = k4 * 4u;
    let i = (slice * K + row) * N4 + n4;
    dw_store(i, sum[0]);
    if (row + 1u < K) { dw_store(i + N4, sum[1]); }
    if (row + 2u < K) { dw_store(i + 2u * N4, sum[2]); }
    if (row + 3u < K) { dw_store(i + 3u * N4, sum[3]); }
  }
}

fn run(thread: u32) {
  let column_tiles = (N4 + u32(TILE_N4) - 1u) / u32(TILE_N4);
  let row_tiles = (K4 + u32(TILE_K4) - 1u) / u32(TILE_K4);
  let n4 = (thread % column_tiles) * u32(TILE_N4);
  let k4 = (thread / column_tiles % row_tiles) * u32(TILE_K4);
  let slice = thread / (column_tiles * row_tiles);
  if (slice >= SLICES) { return; }

  // A second vec4 past the edge repeats the last one; its results are not stored.
  let right = min(n4 + 1u, N4 - 1u);
  let lower = min(k4 + 1u, K4 - 1u);
  let x_maps = x_map(k4);
  let x_maps_lower = x_map(lower);
  let g_maps = dy_map(n4);
  let g_maps_right = dy_map(right);
  var sum: mat4x4f;
  var sum_right: mat4x4f;
  var sum_lower: mat4x4f;
  var sum_both: mat4x4f;
  let last = min((slice + 1u) * SLICE_ROWS, M);
  for (var m = slice * SLICE_ROWS; m < last; m++) {
    let x = x_value(m * K4 + k4, x_maps);
    let g = dy_value(m * N4 + n4, g_maps);
    sum = outer_add(sum, x, g);
    if (TILE_N4 == 2 || TILE_K4 == 2) {
      let x_lower = x_value(m * K4 + lower, x_maps_lower);
      let g_right = dy_value(m * N4 + right, g_maps_right);
      if (TILE_N4 == 2) { sum_right = outer_add(sum_right, x, g_right); }
      if (TILE_K4 == 2) { sum_lower = outer_add(sum_lower, x_lower, g); }
      if (TILE_N4 == 2 && TILE_K4 == 2) { sum_both = outer_add(sum_both, x_lower, g_right); }
    }
  }
  store(slice, k4, n4, sum);
  if (TILE_N4 == 2) { store(slice, k4, n4 + 1u, sum_right); }
  if (TILE_K4 == 2) { store(slice, k4 + 1u, n4, sum_lower); }
  if (TILE_N4 == 2 && TILE_K4 == 2) { store(slice, k4 + 1u, n4 + 1u, sum_both); }
}
