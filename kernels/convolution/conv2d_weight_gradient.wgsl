// Gradient of the full convolution with respect to its weights.
//
//   dw[u, v, c, o] = sum_{n, i, j} dy[n, i, j, o] · x[n, i·STRIDE + u·DILATION - PAD_TOP, j·STRIDE + v·DILATION - PAD_LEFT, c]
//
// x  [N, H, W, X_C4]  vec4s; in groups (GROUPED), c counts the channels of o's group
// dy [N, OH, OW, COUT]
// dw [SLICES, KH, KW, CIN, COUT]  one partial sum per slice of the output rows; sum_slices.wgsl adds them
//
// A thread sums one slice of output rows (n, i) for one kernel row u, four input channels, of which the first CHANNELS are
// not zero, and one vec4 of output channels, all KW taps of that row at once. It processes four neighboring outputs at a time, with the COLUMNS pixels
// of a row that they read.

override PAD_TOP: i32;
override PAD_LEFT: i32;
override KH: i32;

// The first vec4 of input channels that the o4-th vec4 of output channels is made of.
fn first_c4(o4: u32) -> u32 {
  if (GROUPED == 0) { return 0u; }
  return o4 / GROUP_COUT4 * CIN4;
}

fn run(thread: u32) {
  let o4 = thread % COUT4;
  let c4 = thread / COUT4 % CIN4;
  let u = i32(thread / COUT4 / CIN4 % u32(KH));
  let slice = thread / COUT4 / CIN4 / u32(KH);
  if (slice >= SLICES) { return; }

  let x_c4 = first_c4(o4) + c4;
  let tiles_w = (OW + 3u) / 4u;
  var g: array<vec4f, 4>;
  var x: array<vec4f, COLUMNS>;
  var sum: array<vec4f, CHANNELS * KW>;
  let last = min((slice + 1u) * SLICE_ROWS, ROWS) * tiles_w;
  for (var tile = slice * SLICE_ROWS * tiles_w; tile < last; tile++) {
    let row = tile / tiles_w;
    let ox = tile % tiles_w * 4u;
    let iy = i32(row % OH) * STRIDE + u * DILATION - PAD_TOP;
    let input_row = (row / OH * H + u32(clamp(iy, 0, i32(H) - 1))) * W;
    @unroll for (var j = 0u; j < 4; j++) {
      g[j] = select(vec4f(0.0), dy_load((row * OW + min(ox + j, OW - 1u)) * COUT4 + o4), ox + j < OW);
    }
    @unroll for (var s = 0; s < COLUMNS; s++) {
      let ix = i32(ox) * STRIDE + s - PAD_LEFT;
      let inside = (iy >= 0) & (iy < i32(H)) & (ix >= 0) & (ix < i32(W));
      x[s] = select(vec4f(0.0), x_load((input_row + u32(clamp(ix, 0, i32(W) - 1))) * X_C4 + x_c4), inside);
    }
    @unroll for (var v = 0; v < KW; v++) {
      @unroll for (var j = 0; j < 4; j++) {
        @unroll for (var c = 0; c < CHANNELS; c++) {
          sum[v * CHANNELS + c] = fma(vec4f(x[j * STRIDE + v * DILATION][c]), g[j], sum[v * CHANNELS + c]);
        }
      }
    }
  }
  @unroll for (var v = 0; v < KW; v++) {
    @unroll for (var c = 0; c < CHANNELS; c++) {
      let channel = c4 * 4u + u32(c);
      if (channel < CIN) {
        let tap = (slice * u32(KH) + u32(u)) * u32(KW) + u32(v);
        dw_store((tap * CIN + channel) * COUT4 + o4, sum[v * CHANNELS + c]);
      }
    }
  }
}
