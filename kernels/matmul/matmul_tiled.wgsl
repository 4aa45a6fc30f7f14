// The matrix product for GPUs: a workgroup computes a tile of Y together.
//
//   Y[m, n] = sum_k X[m, k] W[k, n]       TRANSPOSED:  Y[m, n] = sum_k X[m, k] W[n, k]
//
// x [M, K]  row-major; a prologue (a batch norm and ReLU6, or their gradient) may be applied on load
// w [K, N]  row-major                   TRANSPOSED:  [N, K]
// y [M, N]  an epilogue (bias, an added tensor, ReLU6) may be applied before the store
//
// A workgroup computes ROWS·LANE_ROWS rows by COLUMNS4·LANE_COLUMNS vec4s of Y, and a thread ROWS × COLUMNS4 vec4s of them, which
// it keeps in registers. Rows and columns of a thread lie as far apart as there are threads along that side, so that
// neighboring threads have neighboring columns and store 16 bytes beside each other's. Sums are taken in the same order as in
// matmul.wgsl.
//
// Stands after matmul_block.wgsl and one of matmul_staged.wgsl and matmul_direct.wgsl, which add to a thread's sums.

alias Sums = array<vec4f, ROWS * COLUMNS4>;

fn run_group(tile: u32, lane: u32) {
  let column_tiles = (N4 + u32(COLUMNS4 * LANE_COLUMNS) - 1u) / u32(COLUMNS4 * LANE_COLUMNS);
  let first_m = tile / column_tiles * u32(ROWS * LANE_ROWS);
  let first_n4 = tile % column_tiles * u32(COLUMNS4 * LANE_COLUMNS);
  if (first_m >= M) { return; } // Of the whole workgroup.

  let row = lane / u32(LANE_COLUMNS);
  let column = lane % u32(LANE_COLUMNS);
  var sum: Sums;
  add_products(lane, row, column, first_m, first_n4, &sum);
  @unroll for (var r = 0u; r < ROWS; r++) {
    let m = first_m + row + r * u32(LANE_ROWS);
    @unroll for (var c = 0u; c < COLUMNS4; c++) {
      let n4 = first_n4 + column + c * u32(LANE_COLUMNS);
      let i = m * N4 + n4;
      if (m < M && n4 < N4) {
        let y = within(y_epilogue(sum[c * u32(ROWS) + r], i, n4), n4, N);
        y_store(i, y);
        sum[c * u32(ROWS) + r] = y_stored(y);
      }
    }
  }
  // Only where a batch norm follows: see batch_norm_epilogue.wgsl, which then stands before this.
  @unroll for (var s = 0; s < STATISTICS; s++) {
    @unroll for (var c = 0u; c < COLUMNS4; c++) {
      var total = vec4f(0.0);
      var count = 0.0;
      @unroll for (var r = 0u; r < ROWS; r++) {
        if (first_m + row + r * u32(LANE_ROWS) < M) {
          total += sum[c * u32(ROWS) + r];
          count += 1.0;
        }
      }
      let mean = total / max(count, 1.0);
      var m2 = vec4f(0.0);
      @unroll for (var r = 0u; r < ROWS; r++) {
        let d = sum[c * u32(ROWS) + r] - mean;
        if (first_m + row + r * u32(LANE_ROWS) < M) { m2 = fma(d, d, m2); }
      }
      let rows = f32(min(u32(ROWS * LANE_ROWS), M - first_m));
      leave_statistics(lane, first_m / u32(ROWS * LANE_ROWS), first_n4 + column + c * u32(LANE_COLUMNS), N4, rows, count, mean, m2);
    }
  }
  // Only where Y is the gradient of a batch norm's output: see batch_norm_gradient_epilogue.wgsl.
  @unroll for (var s = 0; s < GRADIENT_SUMS; s++) {
    @unroll for (var c = 0u; c < COLUMNS4; c++) {
      let own_n4 = first_n4 + column + c * u32(LANE_COLUMNS);
      let n4 = min(own_n4, N4 - 1u);
      let prologue = norm_prologue(n4);
      let mean = moments_load(n4);
      var total = vec4f(0.0);
      var projection = vec4f(0.0);
      @unroll for (var r = 0u; r < ROWS; r++) {
        let m = first_m + row + r * u32(LANE_ROWS);
        let i = min(m, M - 1u) * N4 + n4;
        var g = select(vec4f(0.0), sum[c * u32(ROWS) + r], m < M);
        // relu6(z) is inside (0, 6) where z is.
        if (RELU6 == 1) { g = relu6_gradient(g, norm_value(i, prologue)); }
        total += g;
        projection = fma(g, norm_load(i) - mean, projection);
      }
      leave_sums(lane, first_m / u32(ROWS * LANE_ROWS), own_n4, N4, total, projection);
    }
  }
}
