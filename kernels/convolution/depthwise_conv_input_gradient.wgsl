// Gradient of the depthwise 3×3 convolution with respect to its input.
//
//   dx[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c] += w[u, v, c] · dy[n, i, j, c]
//
// dy [N, OH, OW, C]   a prologue may be applied on load
// w  [3, 3, C]
// dx [N, H, W, C]
//
// A thread gathers a tile of TILE_H × TILE_W pixels of dx, both multiples of STRIDE, for four channels. The outputs
// that read these pixels are ROWS × COLUMNS neighbors, each loaded once. The first of them is FIRST_ROW and FIRST_COLUMN
// away from (first pixel of the tile) / STRIDE.

override N: u32;
override H: u32;
override W: u32;
override C4: u32;
override OH: u32;
override OW: u32;

fn run(thread: u32) {
  let tiles_w = (W + u32(TILE_W) - 1u) / u32(TILE_W);
  let tiles_h = (H + u32(TILE_H) - 1u) / u32(TILE_H);
  let c4 = thread % C4;
  let ix = (thread / C4 % tiles_w) * u32(TILE_W);
  let iy = (thread / C4 / tiles_w % tiles_h) * u32(TILE_H);
  let n = thread / C4 / tiles_w / tiles_h;
  if (n >= N) { return; }

  let prologue = dy_prologue(c4);
  var column: array<u32, COLUMNS>; // Of these four channels, counted from the start of a row of outputs.
  var inside: array<bool, COLUMNS>;
  @unroll for (var s = 0; s < COLUMNS; s++) {
    let ox = i32(ix) / STRIDE + FIRST_COLUMN + s;
    column[s] = u32(clamp(ox, 0, i32(OW) - 1)) * C4 + c4;
    inside[s] = (ox >= 0) & (ox < i32(OW));
  }
  var g: array<vec4f, ROWS * COLUMNS>;
  @unroll for (var r = 0; r < ROWS; r++) {
    let oy = i32(iy) / STRIDE + FIRST_ROW + r;
    let row = (n * OH + u32(clamp(oy, 0, i32(OH) - 1))) * (OW * C4);
    let inside_row = (oy >= 0) & (oy < i32(OH));
    @unroll for (var s = 0; s < COLUMNS; s++) {
      g[r * COLUMNS + s] = select(vec4f(0.0), dy_value(row + column[s], prologue), inside_row & inside[s]);
    }
  }
  var sum: array<vec4f, TILE_H * TILE_W>;
  @unroll for (var u = 0; u < 3; u++) {
    @unroll for (var v = 0; v < 3; v++) {
      let w = w_load(u32(u * 3 + v) * C4 + c4);
      // This tap reads every STRIDE-th pixel, from row (u - PAD_TOP) modulo STRIDE on.
      @unroll for (var i = (u + PAD_TOP * (STRIDE - 1)) % STRIDE; i < TILE_H; i += STRIDE) {
        @unroll for (var j = (v + PAD_LEFT * (STRIDE - 1)) % STRIDE; j < TILE_W; j += STRIDE) {
          sum[i * TILE_W + j] = fma(
            g[((i + PAD_TOP - u) / STRIDE - FIRST_ROW) * COLUMNS + (j + PAD_LEFT - v) / STRIDE - FIRST_COLUMN],
            w,
            sum[i * TILE_W + j],
          );
        }
      }
    }
  }
  let first = ((n * H + iy) * W + ix) * C4 + c4;
  @unroll for (var i = 0u; i < TILE_H; i++) {
    @unroll for (var j = 0u; j < TILE_W; j++) {
      if (iy + i < H && ix + j < W) { dx_store(first + i * (W * C4) + j * C4, sum[i * u32(TILE_W) + j]); }
    }
  }
}
