// Gradient of the depthwise 3×3 convolution with respect to its input.
//
//   dx[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c] += w[u, v, c] · dy[n, i, j, c]
//
// dy [N, OH, OW, C]   a prologue may be applied on load
// w  [3, 3, C]
// dx [N, H, W, C]
//
// A thread goes down a strip of STRIP_H · TILE_H rows of TILE_W pixels of dx, for four channels: TILE_H, which is STRIDE, rows
// at a time. The outputs that read those pixels are ROWS × COLUMNS neighbors, the first of them FIRST_ROW and FIRST_COLUMN
// away from (first pixel) / STRIDE; going down, the thread loads the last of their rows and keeps the others.

fn run(thread: u32) {
  let tiles_w = (W + u32(TILE_W) - 1u) / u32(TILE_W);
  let tiles_h = (H + u32(TILE_H) - 1u) / u32(TILE_H);
  let strips = (tiles_h + STRIP_H - 1u) / STRIP_H;
  let c4 = thread % C4;
  let ix = (thread / C4 % tiles_w) * u32(TILE_W);
  let tile = (thread / C4 / tiles_w % strips) * STRIP_H;
  let n = thread / C4 / tiles_w / strips;
  if (n >= N) { return; }

  let prologue = dy_prologue(c4);
  var column: array<u32, COLUMNS>; // Of these four channels, counted from the start of a row of outputs.
  var inside: array<bool, COLUMNS>;
  @unroll for (var s = 0; s < COLUMNS; s++) {
    let ox = i32(ix) / STRIDE + FIRST_COLUMN + s;
    column[s] = u32(clamp(ox, 0, i32(OW) - 1)) * C4 + c4;
    inside[s] = (ox >= 0) & (ox < i32(OW));
  }
  var w: array<vec4f, 9>;
  @unroll for (var tap = 0u; tap < 9; tap++) { w[tap] = w_load(tap * C4 + c4); }

  var g: array<vec4f, ROWS * COLUMNS>;
  // Above the strip are outputs that read its first pixels: nothing is stored while they are loaded.
  for (var k = 1 - ROWS; k < i32(min(STRIP_H, tiles_h - tile)); k++) {
    @unroll for (var kept = 0; kept < (ROWS - 1) * COLUMNS; kept++) { g[kept] = g[kept + COLUMNS]; }
    let oy = i32(tile) + k + FIRST_ROW + ROWS - 1;
    let row = (n * OH + u32(clamp(oy, 0, i32(OH) - 1))) * (OW * C4);
    let inside_row = (oy >= 0) & (oy < i32(OH));
    @unroll for (var s = 0; s < COLUMNS; s++) {
      g[(ROWS - 1) * COLUMNS + s] = select(vec4f(0.0), dy_value(row + column[s], prologue), inside_row & inside[s]);
    }
    if (k >= 0) {
      var sum = array<vec4f, TILE_H * TILE_W>();
      @unroll for (var u = 0; u < 3; u++) {
        @unroll for (var v = 0; v < 3; v++) {
          // This tap reads every STRIDE-th pixel, from row (u - PAD_TOP) modulo STRIDE on.
          @unroll for (var i = (u + PAD_TOP * (STRIDE - 1)) % STRIDE; i < TILE_H; i += STRIDE) {
            @unroll for (var j = (v + PAD_LEFT * (STRIDE - 1)) % STRIDE; j < TILE_W; j += STRIDE) {
              sum[i * TILE_W + j] = fma(
                g[((i + PAD_TOP - u) / STRIDE - FIRST_ROW) * COLUMNS + (j + PAD_LEFT - v) / STRIDE - FIRST_COLUMN],
                w[u * 3 + v],
                sum[i * TILE_W + j],
              );
            }
          }
        }
      }
      let iy = (tile + u32(k)) * u32(TILE_H);
      let first = ((n * H + iy) * W + ix) * C4 + c4;
      @unroll for (var i = 0u; i < TILE_H; i++) {
        @unroll for (var j = 0u; j < TILE_W; j++) {
          if (iy + i < H && ix + j < W) { dx_store(first + i * (W * C4) + j * C4, sum[i * u32(TILE_W) + j]); }
        }
      }
    }
  }
}
