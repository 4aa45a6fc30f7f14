// The matrix product behind pointwise convolution, dense layers and distances; with TRANSPOSED the gradient with
// respect to the left operand.
//
//   Y[m, n] = sum_k X[m, k] W[k, n]       TRANSPOSED:  Y[m, n] = sum_k X[m, k] W[n, k]
//
// x [M, K]  row-major; a prologue (the previous batch norm and ReLU6) may be applied on load
// w [K, N]  row-major                   TRANSPOSED:  [N, K]
// y [M, N]  an epilogue (bias, an added tensor, ReLU6) may be applied before the store
//
// A thread keeps a tile of TILE_M rows by TILE_N4 vec4s of Y in registers. Along K it loads one vec4 of each of
// its rows of X, and for each vec4 of columns the matching 4 × 4 block of W. The block stays in registers while all rows
// are multiplied by it. Neighboring threads share rows of X and read neighboring columns of W.

fn run(thread: u32) {
  let column_tiles = (N4 + u32(TILE_N4) - 1u) / u32(TILE_N4);
  let n4 = (thread % column_tiles) * u32(TILE_N4);
  let m = (thread / column_tiles) * u32(TILE_M);
  if (m >= M) { return; }

  // Rows and columns past the edge repeat the last one; their results are not stored.
  var row: array<u32, TILE_M>;
  @unroll for (var r = 0u; r < TILE_M; r++) { row[r] = min(m + r, M - 1u) * K4; }
  var x: array<vec4f, TILE_M>;
  var sum: array<vec4f, TILE_M * TILE_N4>;
  for (var k4 = 0u; k4 < K4; k4++) {
    let prologue = x_prologue(k4);
    @unroll for (var r = 0; r < TILE_M; r++) { x[r] = x_value(row[r] + k4, prologue); }
    @unroll for (var c = 0u; c < TILE_N4; c++) {
      let w = block(k4, min(n4 + c, N4 - 1u));
      @unroll for (var r = 0u; r < TILE_M; r++) {
        sum[c * u32(TILE_M) + r] = multiply_add(w, x[r], sum[c * u32(TILE_M) + r]);
      }
    }
  }
  // A loop, with one store a column: a software adapter's compiler takes half its time over stores that are written out.
  for (var r = 0u; r < min(u32(TILE_M), M - m); r++) {
    @unroll for (var c = 0u; c < TILE_N4; c++) {
      var result = sum[c * u32(TILE_M)];
      @unroll for (var other = 1u; other < TILE_M; other++) {
        result = select(result, sum[c * u32(TILE_M) + other], r == other);
      }
      let i = (m + r) * N4 + n4 + c;
      if (n4 + c < N4) { y_store(i, within(y_epilogue(result, i, n4 + c), n4 + c, N)); }
    }
  }
}
