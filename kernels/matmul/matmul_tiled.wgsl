// The matrix product for GPUs: a workgroup computes a tile of Y together, from tiles of X and W in workgroup memory.
//
//   Y[m, n] = sum_k X[m, k] W[k, n]       TRANSPOSED:  Y[m, n] = sum_k X[m, k] W[n, k]
//
// x [M, K]  row-major; a prologue (a batch norm and ReLU6, or their gradient) may be applied on load
// w [K, N]  row-major                   TRANSPOSED:  [N, K]
// y [M, N]  an epilogue (bias, an added tensor, ReLU6) may be applied before the store
//
// A workgroup computes TILE_M rows by TILE_N4 vec4s of Y. It iterates over K in steps of 4·STEP_K4: it loads the step's
// part of X, with its prologue applied once, and of W into workgroup memory. Then every thread adds to ROWS × COLUMNS4
// vec4s of Y that it keeps in registers. Sums are taken in the same order as in matmul.wgsl.
//
// What limits it. X is read from memory once for every TILE_N4 vec4s of columns, W once for every TILE_M rows. If all
// columns fit one tile, X is read only once: 2·K·N flops for K + N numbers of a row. The early layers (N = 24,
// K = 144) stay below the 20 flops a byte of a large GPU and run at its bandwidth, the late ones above it. For
// 16·ROWS·COLUMNS4 multiply-adds a thread reads ROWS + 4·COLUMNS4 vec4s from workgroup memory: 16 multiply-adds per read
// if a thread has 8×8 numbers, 11 if it has 8×4. A multiprocessor that reads 128 bytes and computes 128
// multiply-adds per cycle, and broadcasts a vec4 that several lanes read, needs between 8 and 16.
//
// Neighboring threads have neighboring columns: they access adjacent 16 bytes, also of W in workgroup memory, and the
// same vec4 of X. Rows of X in workgroup memory are one vec4 longer than needed, so that rows that are read at the same
// time lie in different banks.

override M: u32;
override N: u32;
override N4: u32;
override K: u32;
override K4: u32;

var<workgroup> x_tile: array<vec4f, TILE_M * (STEP_K4 + 1)>;
var<workgroup> w_tile: array<vec4f, 4 * STEP_K4 * TILE_N4>;

// A thread stages vec4s of one column of X, so it loads the prologue of that column once.
fn stage_x(lane: u32, first_m: u32, first_k4: u32) {
  let k4 = lane % u32(STEP_K4);
  if (first_k4 + k4 >= K4) { return; }
  let prologue = x_prologue(first_k4 + k4);
  @unroll for (var i = 0u; i < X_TURNS; i++) {
    let row = lane / u32(STEP_K4) + i * u32(THREADS / STEP_K4);
    if (row < u32(TILE_M)) {
      let m = min(first_m + row, M - 1u);
      x_tile[row * u32(STEP_K4 + 1) + k4] = x_value(m * K4 + first_k4 + k4, prologue);
    }
  }
}

// Neighboring threads read along the rows of W as it is stored.
fn stage_w(lane: u32, first_n4: u32, first_k4: u32) {
  @unroll for (var i = 0u; i < W_TURNS; i++) {
    let slot = lane + i * u32(THREADS);
    if (slot < u32(STEP_K4 * TILE_N4)) {
      let k4 = select(slot / u32(TILE_N4), slot % u32(STEP_K4), TRANSPOSED == 1);
      let column = select(slot % u32(TILE_N4), slot / u32(STEP_K4), TRANSPOSED == 1);
      let w = block(min(first_k4 + k4, K4 - 1u), min(first_n4 + column, N4 - 1u));
      @unroll for (var j = 0u; j < 4u; j++) { w_tile[(k4 * 4u + j) * u32(TILE_N4) + column] = w[j]; }
    }
  }
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let column_tiles = (N4 + u32(TILE_N4) - 1u) / u32(TILE_N4);
  let tile = group.x + group.y * groups.x;
  let first_m = tile / column_tiles * u32(TILE_M);
  let first_n4 = tile % column_tiles * u32(TILE_N4);
  if (first_m >= M) { return; } // Of the whole workgroup.

  // Rows and columns of a thread lie as far apart as there are threads along that side.
  let threads_m = u32(TILE_M / ROWS);
  let threads_n = u32(TILE_N4 / COLUMNS4);
  let row = lane / threads_n;
  let column = lane % threads_n;
  var x: array<vec4f, ROWS>;
  var sum: array<vec4f, ROWS * COLUMNS4>;
  for (var first_k4 = 0u; first_k4 < K4; first_k4 += u32(STEP_K4)) {
    stage_x(lane, first_m, first_k4);
    stage_w(lane, first_n4, first_k4);
    workgroupBarrier();
    let count = min(u32(STEP_K4), K4 - first_k4);
    for (var k4 = 0u; k4 < count; k4++) {
      @unroll for (var r = 0u; r < ROWS; r++) {
        x[r] = x_tile[(row + r * threads_m) * u32(STEP_K4 + 1) + k4];
      }
      @unroll for (var j = 0u; j < 4u; j++) {
        @unroll for (var c = 0u; c < COLUMNS4; c++) {
          let w = w_tile[(k4 * 4u + j) * u32(TILE_N4) + column + c * threads_n];
          @unroll for (var r = 0u; r < ROWS; r++) {
            sum[c * u32(ROWS) + r] = fma(vec4f(x[r][j]), w, sum[c * u32(ROWS) + r]);
          }
        }
      }
    }
    workgroupBarrier();
  }
  @unroll for (var r = 0u; r < ROWS; r++) {
    let m = first_m + row + r * threads_m;
    @unroll for (var c = 0u; c < COLUMNS4; c++) {
      let n4 = first_n4 + column + c * threads_n;
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
        if (first_m + row + r * threads_m < M) {
          total += sum[c * u32(ROWS) + r];
          count += 1.0;
        }
      }
      let mean = total / max(count, 1.0);
      var m2 = vec4f(0.0);
      @unroll for (var r = 0u; r < ROWS; r++) {
        let d = sum[c * u32(ROWS) + r] - mean;
        if (first_m + row + r * threads_m < M) { m2 = fma(d, d, m2); }
      }
      let rows = f32(min(u32(TILE_M), M - first_m));
      leave_statistics(lane, first_m / u32(TILE_M), first_n4 + column + c * threads_n, N4, rows, count, mean, m2);
    }
  }
}
