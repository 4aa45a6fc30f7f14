// A thread's part of a product for GPUs, from parts of X and W that its workgroup has loaded into workgroup memory.
//
//   sum[m, n] += sum_k X[m, k] W[k, n]
//
// Along K it goes in steps of 4·STEP_K4. In each, every thread stores its share of X, with its prologue applied once, and of
// W, then loads its share of the next step into registers, where it arrives while the thread multiplies. A step is always a
// whole one: what lies past the end of K is staged as zero.
//
// What limits it. X is read from memory once for every tile of columns, W once for every tile of rows. The early layers
// (N = 24, K = 144) stay below the 20 flops a byte of a large GPU and run at its bandwidth, the late ones above it. For
// 16·ROWS·COLUMNS4 multiply-adds a thread reads ROWS + 4·COLUMNS4 vec4s from workgroup memory: 16 multiply-adds per read
// if a thread has 8×8 numbers, 8 if it has 4×4. A multiprocessor that reads 128 bytes and computes 128 multiply-adds per
// cycle, and broadcasts a vec4 that several lanes read, needs between 8 and 16.
//
// How the arrays are nested. WebGPU keeps every index within its array: naga clamps each one that is not a constant, which
// costs an instruction, and a separate address for every read. Here all indices of the inner loop are constants but the
// last, the thread's row or column, which does not change: one clamp for each array, before the loop, and the constants become
// offsets of the reads.
//
// The gap after every slice keeps vec4s that are stored at the same time in different banks: eight neighboring threads
// store vec4s of STEP_K4 different slices.
//
// Stands after matmul_block.wgsl and before matmul_tiled.wgsl.

struct XSlice { rows: array<array<vec4f, LANE_ROWS>, ROWS>, gap: array<vec4f, 8 / STEP_K4> }
struct WSlice { rows: array<array<array<vec4f, LANE_COLUMNS>, COLUMNS4>, 4>, gap: array<vec4f, 8 / STEP_K4> }

var<workgroup> x_tile: array<XSlice, STEP_K4>;
var<workgroup> w_tile: array<WSlice, STEP_K4>;

alias XShare = array<vec4f, X_TURNS>;
alias WShare = array<mat4x4f, W_TURNS>;

// Of X a thread has vec4s of one column, so it loads the prologue of that column once.
fn load_x(lane: u32, first_m: u32, first_k4: u32, share: ptr<function, XShare>) {
  let k4 = first_k4 + lane % u32(STEP_K4);
  let i = min(k4, K4 - 1u);
  let prologue = x_prologue(i);
  // No branch: what is loaded may then arrive at any time before it is stored.
  @unroll for (var t = 0u; t < X_TURNS; t++) {
    let m = min(first_m + lane / u32(STEP_K4) + t * u32(THREADS / STEP_K4), M - 1u);
    (*share)[t] = select(vec4f(0.0), x_value(m * K4 + i, prologue), k4 < K4);
  }
}

// The place of a block of W in the step, (k4, column): neighboring threads read along the rows of W as it is stored.
fn w_place(slot: u32) -> vec2u {
  if (TRANSPOSED == 1) { return vec2u(slot % u32(STEP_K4), slot / u32(STEP_K4)); }
  return vec2u(slot / u32(COLUMNS4 * LANE_COLUMNS), slot % u32(COLUMNS4 * LANE_COLUMNS));
}

// Past the end of K, the last block repeats: X is zero there.
fn load_w(lane: u32, first_n4: u32, first_k4: u32, share: ptr<function, WShare>) {
  @unroll for (var t = 0u; t < W_TURNS; t++) {
    let place = w_place(lane + t * u32(THREADS));
    (*share)[t] = block(min(first_k4 + place.x, K4 - 1u), min(first_n4 + place.y, N4 - 1u));
  }
}

fn add_products(lane: u32, row: u32, column: u32, first_m: u32, first_n4: u32, sum: ptr<function, Sums>) {
  var x_share: XShare;
  var w_share: WShare;
  load_x(lane, first_m, 0u, &x_share);
  load_w(lane, first_n4, 0u, &w_share);
  var x: array<vec4f, ROWS>;
  for (var first_k4 = 0u; first_k4 < K4; first_k4 += u32(STEP_K4)) {
    // Nobody still reads what is overwritten now. Also before the first step: AMD's driver sets workgroup memory to zero when
    // a workgroup starts, and lets no thread wait until that is done (gfx-rs/wgpu#4591).
    workgroupBarrier();
    @unroll for (var t = 0u; t < X_TURNS; t++) {
      let m = lane / u32(STEP_K4) + t * u32(THREADS / STEP_K4);
      x_tile[lane % u32(STEP_K4)].rows[m / u32(LANE_ROWS)][m % u32(LANE_ROWS)] = x_share[t];
    }
    @unroll for (var t = 0u; t < W_TURNS; t++) {
      let place = w_place(lane + t * u32(THREADS));
      @unroll for (var j = 0u; j < 4u; j++) {
        w_tile[place.x].rows[j][place.y / u32(LANE_COLUMNS)][place.y % u32(LANE_COLUMNS)] = w_share[t][j];
      }
    }
    workgroupBarrier();
    load_x(lane, first_m, first_k4 + u32(STEP_K4), &x_share);
    load_w(lane, first_n4, first_k4 + u32(STEP_K4), &w_share);
    @unroll for (var k4 = 0u; k4 < STEP_K4; k4++) {
      @unroll for (var r = 0u; r < ROWS; r++) { x[r] = x_tile[k4].rows[r][row]; }
      @unroll for (var j = 0u; j < 4u; j++) {
        @unroll for (var c = 0u; c < COLUMNS4; c++) {
          let w = w_tile[k4].rows[j][c][column];
          @unroll for (var r = 0u; r < ROWS; r++) {
            (*sum)[c * u32(ROWS) + r] = fma(vec4f(x[r][j]), w, (*sum)[c * u32(ROWS) + r]);
          }
        }
      }
    }
  }
}
