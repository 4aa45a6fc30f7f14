// dW = Xᵀ dY for GPUs, the gradient of a matrix product with respect to its right operand: a workgroup computes a tile of
// dW together, from workgroup memory.
//
//   dW[k, n] = sum_m X[m, k] dY[m, n]
//
// x  [M, K]   a prologue may be applied on load
// dy [M, N]   likewise
// dw [SLICES, K, N]  one partial sum per slice of the rows; sum_slices.wgsl adds them (with one slice, dW itself)
//
// M is large and K·N is small, so the rows are cut into slices. A workgroup computes TILE_K4 vec4s of rows by TILE_N4
// vec4s of columns of dW for one slice. It iterates over the slice in steps of STEP_M rows and stages them in workgroup
// memory with their prologues applied once. Then every thread adds to 4·ROWS4 rows of one vec4 of dW that it keeps in registers.
//
// What limits it. X is read from memory once for every TILE_N4 vec4s of columns and dY once for every TILE_K4 vec4s of
// rows. If one side fits a tile, as in all early layers, the other is read once: 2·K·N flops for K + N numbers of a row,
// so that bandwidth limits the largest layers (16 × 96). For 16·ROWS4 multiply-adds a thread reads ROWS4 + 1 vec4s from
// workgroup memory: 11 multiply-adds per read if ROWS4 is 2, 8 if it is 1, which is enough for narrow layers.
//
// Neighboring threads have neighboring columns, in memory and in workgroup memory. A thread always stages the same
// channels, so it loads their prologues once.

override M: u32;
override K: u32;
override K4: u32;
override N4: u32;
override SLICES: u32;
override SLICE_ROWS: u32;

var<workgroup> x_tile: array<vec4f, STEP_M * TILE_K4>;
var<workgroup> dy_tile: array<vec4f, STEP_M * TILE_N4>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let column_tiles = (N4 + u32(TILE_N4) - 1u) / u32(TILE_N4);
  let row_tiles = (K4 + u32(TILE_K4) - 1u) / u32(TILE_K4);
  let tile = group.x + group.y * groups.x;
  let first_n4 = tile % column_tiles * u32(TILE_N4);
  let first_k4 = tile / column_tiles % row_tiles * u32(TILE_K4);
  let slice = tile / (column_tiles * row_tiles);
  if (slice >= SLICES) { return; } // Of the whole workgroup.

  // The vec4 of dW's columns that a thread sums is also the one that it stages of dY. Past the edge the last one
  // repeats; those results are not stored.
  let threads_k = u32(TILE_K4 / ROWS4);
  let row = lane / u32(TILE_N4);
  let column = lane % u32(TILE_N4);
  let n4 = min(first_n4 + column, N4 - 1u);
  let dy_channels = dy_prologue(n4);
  // Of X it stages another column; a few threads may be left without one.
  let x_rows = u32(THREADS / TILE_K4);
  let x_row = lane / u32(TILE_K4);
  let x_column = lane % u32(TILE_K4);
  let k4 = min(first_k4 + x_column, K4 - 1u);
  let x_channels = x_prologue(k4);

  var x: array<vec4f, ROWS4>;
  var sum: array<vec4f, 4 * ROWS4>;
  let last = min((slice + 1u) * SLICE_ROWS, M);
  for (var first = slice * SLICE_ROWS; first < last; first += u32(STEP_M)) {
    for (var r = row; r < u32(STEP_M); r += threads_k) {
      dy_tile[r * u32(TILE_N4) + column] = dy_value(min(first + r, M - 1u) * N4 + n4, dy_channels);
    }
    if (x_row < x_rows) {
      for (var r = x_row; r < u32(STEP_M); r += x_rows) {
        // Zero past the end of the slice.
        let value = x_value(min(first + r, M - 1u) * K4 + k4, x_channels);
        x_tile[r * u32(TILE_K4) + x_column] = select(vec4f(0.0), value, first + r < last);
      }
    }
    workgroupBarrier();
    for (var m = 0u; m < u32(STEP_M); m += 4u) {
      @unroll for (var step = 0u; step < 4u; step++) {
        let g = dy_tile[(m + step) * u32(TILE_N4) + column];
        @unroll for (var r = 0u; r < ROWS4; r++) {
          x[r] = x_tile[(m + step) * u32(TILE_K4) + row + r * threads_k];
          @unroll for (var i = 0u; i < 4u; i++) { sum[r * 4u + i] = fma(vec4f(x[r][i]), g, sum[r * 4u + i]); }
        }
      }
    }
    workgroupBarrier();
  }
  @unroll for (var r = 0u; r < ROWS4; r++) {
    @unroll for (var i = 0u; i < 4u; i++) {
      let k = (first_k4 + row + r * threads_k) * 4u + i;
      if (k < K && first_n4 + column < N4) { dw_store((slice * K + k) * N4 + n4, sum[r * 4u + i]); }
    }
  }
}
