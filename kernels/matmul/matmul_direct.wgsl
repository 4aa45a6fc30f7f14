// A thread's part of a product for GPUs without workgroup memory, for few rows of W: a step of them is all that
// matmul_staged.wgsl would have to wait for, and the caches hold them.
//
//   sum[m, n] += sum_k X[m, k] W[k, n]
//
// With ROWS = 8 and COLUMNS4 = 1 a thread loads 12 vec4s for 128 multiply-adds. Threads of a row load the same vec4 of X
// at the same time, and neighboring columns of W.
//
// Stands after matmul_block.wgsl and before matmul_tiled.wgsl.

fn add_products(lane: u32, row: u32, column: u32, first_m: u32, first_n4: u32, sum: ptr<function, Sums>) {
  // Rows and columns past the edge repeat the last one; their results are not stored.
  var x_start: array<u32, ROWS>;
  @unroll for (var r = 0u; r < ROWS; r++) {
    x_start[r] = min(first_m + row + r * u32(LANE_ROWS), M - 1u) * K4;
  }
  var x: array<vec4f, ROWS>;
  for (var k4 = 0u; k4 < K4; k4++) {
    let prologue = x_prologue(k4);
    @unroll for (var r = 0u; r < ROWS; r++) { x[r] = x_value(x_start[r] + k4, prologue); }
    @unroll for (var c = 0u; c < COLUMNS4; c++) {
      let w = block(k4, min(first_n4 + column + c * u32(LANE_COLUMNS), N4 - 1u));
      @unroll for (var r = 0u; r < ROWS; r++) {
        (*sum)[c * u32(ROWS) + r] = multiply_add(w, x[r], (*sum)[c * u32(ROWS) + r]);
      }
    }
  }
}
