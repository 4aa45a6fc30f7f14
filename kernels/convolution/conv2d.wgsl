// Full 2-D convolution, NHWC, as a matrix product whose left operand is gathered on the fly (implicit im2col).
// MobileNetV2 needs it once: the 3×3 stem over three input channels.
//
//   y[n, i, j, o] = sum_{u, v, c} w[u, v, c, o] · x[n, i·STRIDE + u·DILATION - PAD_TOP, j·STRIDE + v·DILATION - PAD_LEFT, c]
//
// x [N, H, W, X_C4]  vec4s, zero outside the image
// w [KH, KW, CIN, COUT]  CIN is what X has, or the channels of a group (GROUPED), of which o's group reads its own
// y [N, OH, OW, COUT]  an epilogue (bias, an added tensor, ReLU6) may be applied before the store
//
// A thread computes eight neighboring pixels of a row for one to four vec4s (TILE_O4) of output channels. It takes TAPS
// neighboring taps of a kernel row at once, so that it loads the COLUMNS pixels that they read, every STEP-th, only once. The
// first CHANNELS of four input channels are not zero.

override PAD_TOP: i32;
override PAD_LEFT: i32;
override KH: i32;

// The 4 × 4 block of weights between four input and four output channels. Past the last input channel x is zero,
// so any weight is right.
fn block(tap: u32, c4: u32, o4: u32) -> mat4x4f {
  let c = c4 * 4u;
  let last = CIN - 1u;
  return mat4x4f(
    w_load((tap * CIN + c) * COUT4 + o4),
    w_load((tap * CIN + min(c + 1u, last)) * COUT4 + o4),
    w_load((tap * CIN + min(c + 2u, last)) * COUT4 + o4),
    w_load((tap * CIN + min(c + 3u, last)) * COUT4 + o4),
  );
}

// The first vec4 of input channels that the o4-th vec4 of output channels is made of.
fn first_c4(o4: u32) -> u32 {
  if (GROUPED == 0) { return 0u; }
  return o4 / GROUP_COUT4 * CIN4;
}

fn multiply_add(w: mat4x4f, x: vec4f, sum: vec4f) -> vec4f {
  var y = fma(x.xxxx, w[0], sum);
  if (CHANNELS > 1) { y = fma(x.yyyy, w[1], y); }
  if (CHANNELS > 2) { y = fma(x.zzzz, w[2], y); }
  if (CHANNELS > 3) { y = fma(x.wwww, w[3], y); }
  return y;
}

// Four channels of the pixel in column ix of the row that starts at pixel `row`; zero outside.
fn pixel(row: u32, inside_row: bool, ix: i32, c4: u32) -> vec4f {
  let x = x_load((row + u32(clamp(ix, 0, i32(W) - 1))) * X_C4 + c4);
  return select(vec4f(0.0), x, inside_row & (ix >= 0) & (ix < i32(W)));
}

fn run(thread: u32) {
  let tiles_o = (COUT4 + u32(TILE_O4) - 1u) / u32(TILE_O4);
  let tiles_w = (OW + 7u) / 8u;
  let o4 = (thread % tiles_o) * u32(TILE_O4);
  let tile = thread / tiles_o;
  let ox = (tile % tiles_w) * 8u;
  let oy = tile / tiles_w % OH;
  let n = tile / tiles_w / OH;
  if (n >= N) { return; }
  let start4 = first_c4(o4);

  var x: array<vec4f, COLUMNS>;
  var sum: array<vec4f, 8 * TILE_O4>;
  for (var t = 0u; t < u32(KH * KW / TAPS) * CIN4; t++) {
    let tap = t / CIN4 * u32(TAPS);
    let c4 = t % CIN4;
    let iy = i32(oy) * STRIDE + i32(tap) / KW * DILATION - PAD_TOP;
    let first_ix = i32(ox) * STRIDE + i32(tap) % KW * DILATION - PAD_LEFT;
    let row = (n * H + u32(clamp(iy, 0, i32(H) - 1))) * W;
    let inside = (iy >= 0) & (iy < i32(H));
    @unroll for (var s = 0; s < COLUMNS; s += STEP) { x[s] = pixel(row, inside, first_ix + s, start4 + c4); }
    @unroll for (var v = 0; v < TAPS; v++) {
      @unroll for (var o = 0; o < TILE_O4; o++) {
        let w = block(tap + u32(v), c4, min(o4 + u32(o), COUT4 - 1u));
        @unroll for (var j = 0; j < 8; j++) {
          sum[o * 8 + j] = multiply_add(w, x[j * STRIDE + v * DILATION], sum[o * 8 + j]);
        }
      }
    }
  }
  @unroll for (var j = 0u; j < 8; j++) {
    let i = ((n * OH + oy) * OW + ox + j) * COUT4 + o4;
    @unroll for (var o = 0u; o < TILE_O4; o++) {
      if (ox + j < OW && o4 + o < COUT4) { y_store(i + o, y_epilogue(sum[o * 8u + j], i + o, o4 + o)); }
    }
  }
}
