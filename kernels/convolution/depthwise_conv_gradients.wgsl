// Both gradients of the depthwise 3×3 convolution in one kernel, for GPUs: they read the same gradients of outputs.
//
//   dx[p] = sum_{u, v} w[u, v] · dy[o],   dw[u, v] = sum_p x[p] · dy[o],   p = o · STRIDE + (u - PAD_TOP, v - PAD_LEFT)
//
// x  [N, H, W, C]   a prologue may be applied on load
// dy [N, OH, OW, C] likewise
// w  [3, 3, C]
// dx [N, H, W, C]
// dw [SLICES, 3, 3, C]  one partial sum per slice of the tiles; they are added afterward
//
// A workgroup has LANE_ROWS × LANE_COLUMNS threads; a lane column has four channels, neighboring ones the next four. It
// computes SLICE_STRIPS strips of TILE_H rows of an image, cut into tiles of TILE_W columns, both multiples of STRIDE. A
// thread computes tile after tile. The outputs that read a tile's pixels are ROWS × COLUMNS neighbors, each loaded once;
// the first of them is FIRST_ROW and FIRST_COLUMN away from (first pixel of the tile) / STRIDE.
//
// Where x is read through a batch norm, dx is the gradient of its output, and the kernel can leave that gradient's sums.
//
// Stands after lane_columns.wgsl.

fn run_group(group: u32, lane: u32) {
  let column_groups = (C4 + u32(LANE_COLUMNS) - 1u) / u32(LANE_COLUMNS);
  let slice = group / column_groups;
  if (slice >= SLICES) { return; } // Of the whole workgroup.
  let own_c4 = group % column_groups * u32(LANE_COLUMNS) + lane % u32(LANE_COLUMNS);
  let c4 = min(own_c4, C4 - 1u);

  let x_channels = x_prologue(c4);
  let dy_channels = dy_prologue(c4);
  var w: array<vec4f, 9>;
  @unroll for (var tap = 0u; tap < 9; tap++) { w[tap] = w_load(tap * C4 + c4); }
  let tiles_w = (W + u32(TILE_W) - 1u) / u32(TILE_W);
  let tiles_h = (H + u32(TILE_H) - 1u) / u32(TILE_H);
  let first = slice * SLICE_STRIPS * tiles_w;
  let last = min((slice + 1u) * SLICE_STRIPS, N * tiles_h) * tiles_w;
  var g: array<vec4f, ROWS * COLUMNS>;
  var dw: array<vec4f, 9>;
  var mean = vec4f(0.0);
  var total = vec4f(0.0);
  var projection = vec4f(0.0);
  @unroll for (var once = 0; once < GRADIENT_SUMS; once++) { mean = moments_load(c4); }
  for (var tile = first + lane / u32(LANE_COLUMNS); tile < last; tile += u32(LANE_ROWS)) {
    let ix = tile % tiles_w * u32(TILE_W);
    let iy = tile / tiles_w % tiles_h * u32(TILE_H);
    let n = tile / tiles_w / tiles_h;
    @unroll for (var r = 0; r < ROWS; r++) {
      let oy = i32(iy) / STRIDE + FIRST_ROW + r;
      let row = (n * OH + u32(clamp(oy, 0, i32(OH) - 1))) * OW;
      @unroll for (var s = 0; s < COLUMNS; s++) {
        let ox = i32(ix) / STRIDE + FIRST_COLUMN + s;
        let inside = (oy >= 0) & (oy < i32(OH)) & (ox >= 0) & (ox < i32(OW));
        let pixel = row + u32(clamp(ox, 0, i32(OW) - 1));
        g[r * COLUMNS + s] = select(vec4f(0.0), dy_value(pixel * C4 + c4, dy_channels), inside);
      }
    }
    @unroll for (var i = 0; i < TILE_H; i++) {
      @unroll for (var j = 0; j < TILE_W; j++) {
        let inside = (iy + u32(i) < H) & (ix + u32(j) < W);
        let pixel = ((n * H + min(iy + u32(i), H - 1u)) * W + min(ix + u32(j), W - 1u)) * C4 + c4;
        let x = select(vec4f(0.0), x_value(pixel, x_channels), inside);
        var sum = vec4f(0.0);
        // The taps that read this pixel: every STRIDE-th, from (i + PAD_TOP) modulo STRIDE on.
        @unroll for (var u = (i + PAD_TOP) % STRIDE; u < 3; u += STRIDE) {
          @unroll for (var v = (j + PAD_LEFT) % STRIDE; v < 3; v += STRIDE) {
            sum = fma(
              g[((i + PAD_TOP - u) / STRIDE - FIRST_ROW) * COLUMNS + (j + PAD_LEFT - v) / STRIDE - FIRST_COLUMN],
              w[u * 3 + v],
              sum,
            );
            dw[u * 3 + v] = fma(
              g[((i + PAD_TOP - u) / STRIDE - FIRST_ROW) * COLUMNS + (j + PAD_LEFT - v) / STRIDE - FIRST_COLUMN],
              x,
              dw[u * 3 + v],
            );
          }
        }
        if (inside & (own_c4 < C4)) { dx_store(pixel, sum); }
        @unroll for (var once = 0; once < GRADIENT_SUMS; once++) {
          var d = select(vec4f(0.0), dx_stored(sum), inside);
          if (RELU6 == 1) { d = relu6_gradient(d, x); }
          total += d;
          projection = fma(d, x_load(pixel) - mean, projection);
        }
      }
    }
  }
  @unroll for (var tap = 0u; tap < 9; tap++) {
    let total = column_sum(lane, dw[tap]);
    if (lane < u32(LANE_COLUMNS) && own_c4 < C4) { dw_store((slice * 9u + tap) * C4 + c4, total); }
  }
  // Only where x is what a batch norm makes: see batch_norm_gradient_epilogue.wgsl, which then stands before this.
  @unroll for (var once = 0; once < GRADIENT_SUMS; once++) { leave_sums(lane, slice, own_c4, C4, total, projection); }
}
