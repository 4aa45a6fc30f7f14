// dW = Xᵀ dY, the gradient of a matrix product with respect to its right operand.
//
//   dW[k, n] = sum_m X[m, k] dY[m, n]
//
// x  [M, K]   a prologue may be applied on load
// dy [M, N]
// dw [SLICES, K, N]  one partial sum per slice of the rows; sum_slices.wgsl adds them (with one slice, dW itself)
//
// M is large and K·N is small, so the rows are cut into slices. A thread sums one slice for a tile of 4·TILE_K4 rows by
// TILE_N4 vec4s of dW (one or two each way), which it keeps in registers. It takes four rows of X and dY at a time, so
// every sum is updated once for four products.

// Adds four outer products of four rows and four columns; x[i] and g[i] belong to the i-th row.
fn outer_add(sum: mat4x4f, x: mat4x4f, g: mat4x4f) -> mat4x4f {
  return mat4x4f(
    fma(x[3].xxxx, g[3], fma(x[2].xxxx, g[2], fma(x[1].xxxx, g[1], fma(x[0].xxxx, g[0], sum[0])))),
    fma(x[3].yyyy, g[3], fma(x[2].yyyy, g[2], fma(x[1].yyyy, g[1], fma(x[0].yyyy, g[0], sum[1])))),
    fma(x[3].zzzz, g[3], fma(x[2].zzzz, g[2], fma(x[1].zzzz, g[1], fma(x[0].zzzz, g[0], sum[2])))),
    fma(x[3].wwww, g[3], fma(x[2].wwww, g[2], fma(x[1].wwww, g[1], fma(x[0].wwww, g[0], sum[3])))),
  );
}

// The c4-th vec4 of row m of X with its prologue, zero past the end of the slice.
fn x_row(m: u32, last: u32, c4: u32, prologue: x_Prologue) -> vec4f {
  return select(vec4f(0.0), x_value(min(m, M - 1u) * K4 + c4, prologue), m < last);
}

fn dy_row(m: u32, c4: u32, prologue: dy_Prologue) -> vec4f {
  return dy_value(min(m, M - 1u) * N4 + c4, prologue);
}

fn run(thread: u32) {
  let column_tiles = (N4 + u32(TILE_N4) - 1u) / u32(TILE_N4);
  let row_tiles = (K4 + u32(TILE_K4) - 1u) / u32(TILE_K4);
  let n4 = (thread % column_tiles) * u32(TILE_N4);
  let k4 = (thread / column_tiles % row_tiles) * u32(TILE_K4);
  let slice = thread / (column_tiles * row_tiles);
  if (slice >= SLICES) { return; }

  // Vec4s past the edge repeat the last one; their results are not stored.
  var x_maps: array<x_Prologue, TILE_K4>;
  @unroll for (var r = 0u; r < TILE_K4; r++) { x_maps[r] = x_prologue(min(k4 + r, K4 - 1u)); }
  var dy_maps: array<dy_Prologue, TILE_N4>;
  @unroll for (var c = 0u; c < TILE_N4; c++) { dy_maps[c] = dy_prologue(min(n4 + c, N4 - 1u)); }
  var g: array<mat4x4f, TILE_N4>;
  var sum: array<mat4x4f, TILE_K4 * TILE_N4>;
  let last = min((slice + 1u) * SLICE_ROWS, M);
  for (var m = slice * SLICE_ROWS; m < last; m += 4u) {
    @unroll for (var c = 0u; c < TILE_N4; c++) {
      let i = min(n4 + c, N4 - 1u);
      let prologue = dy_maps[c];
      g[c] = mat4x4f(dy_row(m, i, prologue), dy_row(m + 1u, i, prologue), dy_row(m + 2u, i, prologue), dy_row(m + 3u, i, prologue));
    }
    @unroll for (var r = 0u; r < TILE_K4; r++) {
      let i = min(k4 + r, K4 - 1u);
      let prologue = x_maps[r];
      let x = mat4x4f(
        x_row(m, last, i, prologue),
        x_row(m + 1u, last, i, prologue),
        x_row(m + 2u, last, i, prologue),
        x_row(m + 3u, last, i, prologue),
      );
      @unroll for (var c = 0u; c < TILE_N4; c++) {
        sum[r * u32(TILE_N4) + c] = outer_add(sum[r * u32(TILE_N4) + c], x, g[c]);
      }
    }
  }
  // A loop, with one store for each vec4 of the tile, as in matmul.wgsl.
  for (var i = 0u; i < min(4u, K - 4u * k4); i++) {
    @unroll for (var r = 0u; r < TILE_K4; r++) {
      @unroll for (var c = 0u; c < TILE_N4; c++) {
        let columns = sum[r * u32(TILE_N4) + c];
        let result = select(select(columns[3], columns[2], i == 2u), select(columns[1], columns[0], i == 0u), i < 2u);
        let row = (k4 + r) * 4u + i;
        if (row < K && n4 + c < N4) { dw_store((slice * K + row) * N4 + n4 + c, result); }
      }
    }
  }
}
