// Depthwise 3×3 convolution, NHWC.
//
//   y[n, i, j, c] = sum_{u, v < 3} w[u, v, c] · x[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c]
//
// x [N, H, W, C]   zero outside the image; a prologue (the previous batch norm and ReLU6) may be applied on load,
//                  inside the image only
// w [3, 3, C]
// y [N, OH, OW, C]  an epilogue (bias, an added tensor, ReLU6) may be applied before the store
//
// A thread goes down a strip of STRIP_H rows of TILE_W outputs, for four channels. It keeps the three rows of COLUMNS
// pixels that a row of outputs reads: going down by one, it loads the last STRIDE of them. Neighboring threads have
// neighboring channels.

override PAD_TOP: i32;
override PAD_LEFT: i32;

fn run(thread: u32) {
  let tiles_w = (OW + u32(TILE_W) - 1u) / u32(TILE_W);
  let strips = (OH + STRIP_H - 1u) / STRIP_H;
  let c4 = thread % C4;
  let ox = (thread / C4 % tiles_w) * u32(TILE_W);
  let oy = (thread / C4 / tiles_w % strips) * STRIP_H;
  let n = thread / C4 / tiles_w / strips;
  if (n >= N) { return; }

  let prologue = x_prologue(c4);
  var column: array<u32, COLUMNS>; // Of these four channels, counted from the start of a row of the image.
  var inside: array<bool, COLUMNS>;
  @unroll for (var s = 0; s < COLUMNS; s++) {
    let ix = i32(ox) * STRIDE + s - PAD_LEFT;
    column[s] = u32(clamp(ix, 0, i32(W) - 1)) * C4 + c4;
    inside[s] = (ix >= 0) & (ix < i32(W));
  }
  var w: array<vec4f, 9>;
  @unroll for (var tap = 0u; tap < 9; tap++) { w[tap] = w_load(tap * C4 + c4); }

  var x: array<vec4f, 3 * COLUMNS>;
  // Above the strip are rows that its first outputs read: nothing is stored while they are loaded.
  for (var i = STRIDE - 3; i < i32(min(STRIP_H, OH - oy)); i++) {
    @unroll for (var kept = 0; kept < (3 - STRIDE) * COLUMNS; kept++) { x[kept] = x[kept + STRIDE * COLUMNS]; }
    @unroll for (var r = 3 - STRIDE; r < 3; r++) {
      let iy = (i32(oy) + i) * STRIDE + r - PAD_TOP;
      let row = (n * H + u32(clamp(iy, 0, i32(H) - 1))) * (W * C4);
      let inside_row = (iy >= 0) & (iy < i32(H));
      @unroll for (var s = 0; s < COLUMNS; s++) {
        x[r * COLUMNS + s] = select(vec4f(0.0), x_value(row + column[s], prologue), inside_row & inside[s]);
      }
    }
    if (i >= 0) {
      let first = ((n * OH + oy + u32(i)) * OW + ox) * C4 + c4;
      @unroll for (var j = 0; j < TILE_W; j++) {
        var sum = vec4f(0.0);
        @unroll for (var u = 0; u < 3; u++) {
          @unroll for (var v = 0; v < 3; v++) { sum = fma(x[u * COLUMNS + j * STRIDE + v], w[u * 3 + v], sum); }
        }
        let index = first + u32(j) * C4;
        if (ox + u32(j) < OW) { y_store(index, y_epilogue(sum, index, c4)); }
      }
    }
  }
}
