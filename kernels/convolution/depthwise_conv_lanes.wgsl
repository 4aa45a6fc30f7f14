// Depthwise 3×3 convolution, NHWC, for GPUs: as depthwise_conv.wgsl, and a workgroup computes whole rows of images, so that
// it can leave their statistics.
//
//   y[n, i, j, c] = sum_{u, v < 3} w[u, v, c] · x[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c]
//
// x [N, H, W, C]   zero outside the image; a prologue (the previous batch norm and ReLU6) may be applied on load,
//                  inside the image only
// w [3, 3, C]
// y [N, OH, OW, C]  an epilogue (bias, an added tensor, ReLU6) may be applied before the store
//
// A workgroup has LANE_ROWS × LANE_COLUMNS threads; a lane column has four channels, neighboring ones the next four. It
// computes SLICE_STRIPS strips of TILE_H rows of an image, cut into tiles of TILE_W columns; TILE_H divides OH. A thread
// computes tile after tile and loads the weights once for all of them.

override PAD_TOP: i32;
override PAD_LEFT: i32;

fn run_group(group: u32, lane: u32) {
  let column_groups = (C4 + u32(LANE_COLUMNS) - 1u) / u32(LANE_COLUMNS);
  let slice = group / column_groups;
  if (slice >= SLICES) { return; } // Of the whole workgroup.
  let own_c4 = group % column_groups * u32(LANE_COLUMNS) + lane % u32(LANE_COLUMNS);
  let c4 = min(own_c4, C4 - 1u);

  let prologue = x_prologue(c4);
  var w: array<vec4f, 9>;
  @unroll for (var tap = 0u; tap < 9; tap++) { w[tap] = w_load(tap * C4 + c4); }
  let tiles_w = (OW + u32(TILE_W) - 1u) / u32(TILE_W);
  let tiles_h = OH / u32(TILE_H);
  let first = slice * SLICE_STRIPS * tiles_w;
  let last = min((slice + 1u) * SLICE_STRIPS, N * tiles_h) * tiles_w;
  var x: array<vec4f, ROWS * COLUMNS>;
  // Sums are taken of y minus the thread's first one, so that a large mean does not cancel the variance away.
  var count = 0.0;
  var origin = vec4f(0.0);
  var total = vec4f(0.0);
  var squares = vec4f(0.0);
  for (var tile = first + lane / u32(LANE_COLUMNS); tile < last; tile += u32(LANE_ROWS)) {
    let ox = tile % tiles_w * u32(TILE_W);
    let oy = tile / tiles_w % tiles_h * u32(TILE_H);
    let n = tile / tiles_w / tiles_h;
    @unroll for (var r = 0; r < ROWS; r++) {
      let iy = i32(oy) * STRIDE + r - PAD_TOP;
      let row = (n * H + u32(clamp(iy, 0, i32(H) - 1))) * W;
      @unroll for (var s = 0; s < COLUMNS; s++) {
        let ix = i32(ox) * STRIDE + s - PAD_LEFT;
        let inside = (iy >= 0) & (iy < i32(H)) & (ix >= 0) & (ix < i32(W));
        let pixel = row + u32(clamp(ix, 0, i32(W) - 1));
        x[r * COLUMNS + s] = select(vec4f(0.0), x_value(pixel * C4 + c4, prologue), inside);
      }
    }
    @unroll for (var i = 0; i < TILE_H; i++) {
      @unroll for (var j = 0; j < TILE_W; j++) {
        var sum = vec4f(0.0);
        @unroll for (var u = 0; u < 3; u++) {
          @unroll for (var v = 0; v < 3; v++) {
            sum = fma(x[(i * STRIDE + u) * COLUMNS + j * STRIDE + v], w[u * 3 + v], sum);
          }
        }
        let index = ((n * OH + oy + u32(i)) * OW + ox + u32(j)) * C4 + c4;
        if ((ox + u32(j) < OW) & (own_c4 < C4)) {
          let y = y_epilogue(sum, index, c4);
          y_store(index, y);
          @unroll for (var once = 0; once < STATISTICS; once++) {
            if (count == 0.0) { origin = y_stored(y); }
            let d = y_stored(y) - origin;
            count += 1.0;
            total += d;
            squares = fma(d, d, squares);
          }
        }
      }
    }
  }
  // Only where a batch norm follows: see batch_norm_epilogue.wgsl, which then stands before this.
  @unroll for (var once = 0; once < STATISTICS; once++) {
    let slice_rows = SLICE_STRIPS * u32(TILE_H) * OW;
    let rows = f32(min(slice_rows, N * OH * OW - slice * slice_rows));
    let mean = total / max(count, 1.0);
    leave_statistics(lane, slice, own_c4, C4, rows, count, origin + mean, max(squares - total * mean, vec4f(0.0)));
  }
}
