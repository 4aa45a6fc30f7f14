// Gradient of the depthwise 3×3 convolution with respect to its weights.
//
//   dw[u, v, c] = sum_{n, i, j} dy[n, i, j, c] · x[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c]
//
// x  [N, H, W, C]   zero outside the image; a prologue may be applied on load
// dy [N, OH, OW, C] likewise
// dw [SLICES, 3, 3, C]  one partial sum per slice of the strips; sum_slices.wgsl adds them
//
// The outputs are cut into STRIPS strips of STRIP_H rows of TILE_W. A thread takes four channels of a slice of SLICE_STRIPS
// strips, and goes down them: it keeps the three rows of COLUMNS pixels that a row of outputs reads, and loads the last
// STRIDE of them. Bounds are combined by & rather than &&, which is a branch: with dozens of branches in a loop, a software
// adapter's compiler takes minutes.

override PAD_TOP: i32;
override PAD_LEFT: i32;

fn run(thread: u32) {
  let c4 = thread % C4;
  let slice = thread / C4;
  if (slice >= SLICES) { return; }

  let tiles_w = (OW + u32(TILE_W) - 1u) / u32(TILE_W);
  let strips_h = (OH + STRIP_H - 1u) / STRIP_H;
  let x_channels = x_prologue(c4);
  let dy_channels = dy_prologue(c4);
  var column: array<u32, COLUMNS>; // Of these four channels, counted from the start of a row of the image.
  var inside: array<bool, COLUMNS>;
  var x: array<vec4f, 3 * COLUMNS>;
  var g: array<vec4f, TILE_W>;
  var sum: array<vec4f, 9>;
  let last = min((slice + 1u) * SLICE_STRIPS, STRIPS);
  for (var strip = slice * SLICE_STRIPS; strip < last; strip++) {
    let ox = strip % tiles_w * u32(TILE_W);
    let oy = strip / tiles_w % strips_h * STRIP_H;
    let n = strip / tiles_w / strips_h;
    @unroll for (var s = 0; s < COLUMNS; s++) {
      let ix = i32(ox) * STRIDE + s - PAD_LEFT;
      column[s] = u32(clamp(ix, 0, i32(W) - 1)) * C4 + c4;
      inside[s] = (ix >= 0) & (ix < i32(W));
    }
    // Above the strip are rows that its first outputs read: the gradient counts as zero while they are loaded.
    for (var i = STRIDE - 3; i < i32(min(STRIP_H, OH - oy)); i++) {
      let row = (n * OH + oy + u32(max(i, 0))) * (OW * C4) + c4;
      @unroll for (var j = 0u; j < TILE_W; j++) {
        let dy = dy_value(row + min(ox + j, OW - 1u) * C4, dy_channels);
        g[j] = select(vec4f(0.0), dy, (i >= 0) & (ox + j < OW));
      }
      @unroll for (var kept = 0; kept < (3 - STRIDE) * COLUMNS; kept++) { x[kept] = x[kept + STRIDE * COLUMNS]; }
      @unroll for (var r = 3 - STRIDE; r < 3; r++) {
        let iy = (i32(oy) + i) * STRIDE + r - PAD_TOP;
        let row = (n * H + u32(clamp(iy, 0, i32(H) - 1))) * (W * C4);
        let inside_row = (iy >= 0) & (iy < i32(H));
        @unroll for (var s = 0; s < COLUMNS; s++) {
          x[r * COLUMNS + s] = select(vec4f(0.0), x_value(row + column[s], x_channels), inside_row & inside[s]);
        }
      }
      @unroll for (var u = 0; u < 3; u++) {
        @unroll for (var v = 0; v < 3; v++) {
          @unroll for (var j = 0; j < TILE_W; j++) {
            sum[u * 3 + v] = fma(x[u * COLUMNS + j * STRIDE + v], g[j], sum[u * 3 + v]);
          }
        }
      }
    }
  }
  @unroll for (var tap = 0u; tap < 9; tap++) { dw_store((slice * 9u + tap) * C4 + c4, sum[tap]); }
}
