// dW = Xᵀ dY for GPUs, the gradient of a matrix product with respect to its right operand: a workgroup computes a tile of
// dW together, from workgroup memory.
//
//   dW[k, n] = sum_m X[m, k] dY[m, n]
//
// x  [M, K]   a prologue may be applied on load
// dy [M, N]   likewise
// dw [SLICES, K, N]  one partial sum per slice of the rows; sum_slices.wgsl adds them (with one slice, dW itself)
//
// M is large and K·N is small, so the rows are cut into slices. A workgroup computes ROWS4·LANE_ROWS vec4s of rows by
// COLUMNS4·LANE_COLUMNS vec4s of columns of dW for one slice, and a thread 4·ROWS4 rows of COLUMNS4 vec4s, in registers. It
// iterates over the slice in steps of STEP_M rows: every thread stores its share of them in workgroup memory, with their
// prologues applied once, then loads its share of the next step into registers, where it arrives while the thread multiplies.
// A step is always a whole one: what lies past the end of the slice is staged as zero.
//
// What limits it. X is read from memory once for every tile of columns and dY once for every tile of rows, mostly from the
// caches: tiles of one slice are beside each other. For 16·ROWS4·COLUMNS4 multiply-adds a thread reads ROWS4 + COLUMNS4
// vec4s from workgroup memory: 16 multiply-adds per read if both are 2, 8 if they are 1, which is enough for narrow layers.
//
// Neighboring threads have neighboring columns, in memory and in workgroup memory. A thread always stages the same
// channels, so it loads their prologues once. Arrays are nested for the reason that matmul_staged.wgsl gives.

var<workgroup> x_tile: array<array<array<vec4f, LANE_ROWS>, ROWS4>, STEP_M>;
var<workgroup> dy_tile: array<array<array<vec4f, LANE_COLUMNS>, COLUMNS4>, STEP_M>;

alias XShare = array<vec4f, X_TURNS>;
alias DyShare = array<vec4f, DY_TURNS>;

// No branch: what is loaded may then arrive at any time before it is stored.
fn load_x(first: u32, last: u32, k4: u32, channels: x_Prologue, share: ptr<function, XShare>) {
  @unroll for (var t = 0u; t < X_TURNS; t++) {
    let m = first + t * u32(STEP_M / X_TURNS);
    (*share)[t] = select(vec4f(0.0), x_value(min(m, M - 1u) * K4 + k4, channels), m < last);
  }
}

// Past the end of the slice, any row will do: X is zero there.
fn load_dy(first: u32, n4: u32, channels: dy_Prologue, share: ptr<function, DyShare>) {
  @unroll for (var t = 0u; t < DY_TURNS; t++) {
    let m = first + t * u32(STEP_M / DY_TURNS);
    (*share)[t] = dy_value(min(m, M - 1u) * N4 + n4, channels);
  }
}

fn run_group(tile: u32, lane: u32) {
  let column_tiles = (N4 + u32(COLUMNS4 * LANE_COLUMNS) - 1u) / u32(COLUMNS4 * LANE_COLUMNS);
  let row_tiles = (K4 + u32(ROWS4 * LANE_ROWS) - 1u) / u32(ROWS4 * LANE_ROWS);
  let first_n4 = tile % column_tiles * u32(COLUMNS4 * LANE_COLUMNS);
  let first_k4 = tile / column_tiles % row_tiles * u32(ROWS4 * LANE_ROWS);
  let slice = tile / (column_tiles * row_tiles);
  if (slice >= SLICES) { return; } // Of the whole workgroup.

  // The columns of X and of dY that a thread stages. Past the edge the last one repeats; those results are not stored.
  let x_row = lane / u32(ROWS4 * LANE_ROWS);
  let x_column = lane % u32(ROWS4 * LANE_ROWS);
  let k4 = min(first_k4 + x_column, K4 - 1u);
  let x_channels = x_prologue(k4);
  let dy_row = lane / u32(COLUMNS4 * LANE_COLUMNS);
  let dy_column = lane % u32(COLUMNS4 * LANE_COLUMNS);
  let n4 = min(first_n4 + dy_column, N4 - 1u);
  let dy_channels = dy_prologue(n4);

  let row = lane / u32(LANE_COLUMNS);
  let column = lane % u32(LANE_COLUMNS);
  let first = slice * SLICE_ROWS;
  let last = min(first + SLICE_ROWS, M);
  var x_share: XShare;
  var dy_share: DyShare;
  load_x(first + x_row, last, k4, x_channels, &x_share);
  load_dy(first + dy_row, n4, dy_channels, &dy_share);
  var x: array<vec4f, ROWS4>;
  var sum: array<vec4f, 4 * ROWS4 * COLUMNS4>;
  for (var step = first; step < last; step += u32(STEP_M)) {
    workgroupBarrier(); // Nobody still reads; also before the first step, see matmul_staged.wgsl.
    @unroll for (var t = 0u; t < X_TURNS; t++) {
      x_tile[x_row + t * u32(STEP_M / X_TURNS)][x_column / u32(LANE_ROWS)][x_column % u32(LANE_ROWS)] = x_share[t];
    }
    @unroll for (var t = 0u; t < DY_TURNS; t++) {
      dy_tile[dy_row + t * u32(STEP_M / DY_TURNS)][dy_column / u32(LANE_COLUMNS)][dy_column % u32(LANE_COLUMNS)] = dy_share[t];
    }
    workgroupBarrier();
    load_x(step + u32(STEP_M) + x_row, last, k4, x_channels, &x_share);
    load_dy(step + u32(STEP_M) + dy_row, n4, dy_channels, &dy_share);
    @unroll for (var m = 0u; m < STEP_M; m++) {
      @unroll for (var r = 0u; r < ROWS4; r++) { x[r] = x_tile[m][r][row]; }
      @unroll for (var c = 0u; c < COLUMNS4; c++) {
        let g = dy_tile[m][c][column];
        @unroll for (var r = 0u; r < ROWS4; r++) {
          @unroll for (var i = 0u; i < 4u; i++) {
            sum[(c * u32(ROWS4) + r) * 4u + i] = fma(vec4f(x[r][i]), g, sum[(c * u32(ROWS4) + r) * 4u + i]);
          }
        }
      }
    }
  }
  @unroll for (var r = 0u; r < ROWS4; r++) {
    @unroll for (var i = 0u; i < 4u; i++) {
      let k = (first_k4 + row + r * u32(LANE_ROWS)) * 4u + i;
      @unroll for (var c = 0u; c < COLUMNS4; c++) {
        let own_n4 = first_n4 + column + c * u32(LANE_COLUMNS);
        if (k < K && own_n4 < N4) { dw_store((slice * K + k) * N4 + own_n4, sum[(c * u32(ROWS4) + r) * 4u + i]); }
      }
    }
  }
}
