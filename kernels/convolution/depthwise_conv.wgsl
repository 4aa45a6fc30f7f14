// Depthwise 3×3 convolution, NHWC.
//
//   y[n, i, j, c] = sum_{u, v < 3} w[u, v, c] · x[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c]
//
// x [N, H, W, C]   zero outside the image; a prologue (the previous batch norm and ReLU6) may be applied on load,
//                  inside the image only
// w [3, 3, C]
// y [N, OH, OW, C]  an epilogue (bias, an added tensor, ReLU6) may be applied before the store
//
// A thread computes a tile of TILE_H × TILE_W outputs for four channels. It loads each of the ROWS × COLUMNS pixels
// that they need once. Neighboring threads have neighboring channels.

override N: u32;
override H: u32;
override W: u32;
override C4: u32;
override OH: u32;
override OW: u32;

fn run(thread: u32) {
  let tiles_w = (OW + u32(TILE_W) - 1u) / u32(TILE_W);
  let tiles_h = (OH + u32(TILE_H) - 1u) / u32(TILE_H);
  let c4 = thread % C4;
  let ox = (thread / C4 % tiles_w) * u32(TILE_W);
  let oy = (thread / C4 / tiles_w % tiles_h) * u32(TILE_H);
  let n = thread / C4 / tiles_w / tiles_h;
  if (n >= N) { return; }

  let prologue = x_prologue(c4);
  var column: array<u32, COLUMNS>; // Of these four channels, counted from the start of a row of the image.
  var inside: array<bool, COLUMNS>;
  @unroll for (var s = 0; s < COLUMNS; s++) {
    let ix = i32(ox) * STRIDE + s - PAD_LEFT;
    column[s] = u32(clamp(ix, 0, i32(W) - 1)) * C4 + c4;
    inside[s] = (ix >= 0) & (ix < i32(W));
  }
  var x: array<vec4f, ROWS * COLUMNS>;
  @unroll for (var r = 0; r < ROWS; r++) {
    let iy = i32(oy) * STRIDE + r - PAD_TOP;
    let row = (n * H + u32(clamp(iy, 0, i32(H) - 1))) * (W * C4);
    let inside_row = (iy >= 0) & (iy < i32(H));
    @unroll for (var s = 0; s < COLUMNS; s++) {
      x[r * COLUMNS + s] = select(vec4f(0.0), x_value(row + column[s], prologue), inside_row & inside[s]);
    }
  }
  var sum: array<vec4f, TILE_H * TILE_W>;
  @unroll for (var u = 0; u < 3; u++) {
    @unroll for (var v = 0; v < 3; v++) {
      let w = w_load(u32(u * 3 + v) * C4 + c4);
      @unroll for (var i = 0; i < TILE_H; i++) {
        @unroll for (var j = 0; j < TILE_W; j++) {
          sum[i * TILE_W + j] = fma(x[(i * STRIDE + u) * COLUMNS + j * STRIDE + v], w, sum[i * TILE_W + j]);
        }
      }
    }
  }
  let first = ((n * OH + oy) * OW + ox) * C4 + c4;
  @unroll for (var i = 0; i < TILE_H; i++) {
    @unroll for (var j = 0; j < TILE_W; j++) {
      let index = first + u32(i) * (OW * C4) + u32(j) * C4;
      if (oy + u32(i) < OH && ox + u32(j) < OW) { y_store(index, y_epilogue(sum[i * TILE_W + j], index, c4)); }
    }
  }
}
