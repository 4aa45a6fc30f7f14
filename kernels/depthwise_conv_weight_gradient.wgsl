// Gradient of the depthwise 3×3 convolution with respect to its weights.
//
//   dw[u, v, c] = sum_{n, i, j} dy[n, i, j, c] · x[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c]
//
// x  [N, H, W, C]   zero outside the image; a per-channel map may be applied as it is loaded
// dy [N, OH, OW, C]
// dw [SLICES, 3, 3, C]  one partial sum per slice of the output rows; sum_slices.wgsl adds them
//
// A thread takes four channels of a slice of the output rows (n, i) and walks along each row in tiles of TILE_W
// outputs, whose gradients it loads once and whose COLUMNS input pixels once per kernel row.

override H: u32;
override W: u32;
override C4: u32;
override OH: u32;
override OW: u32;
override ROWS: u32;
override SLICES: u32;
override SLICE_ROWS: u32;

// Adds what one kernel row's three weights get from a tile: g are its gradients, row the input row's first pixel.
fn add_row(
  sum: ptr<function, array<vec4f, 3>>,
  g: ptr<function, array<vec4f, TILE_W>>,
  n: u32,
  iy: i32,
  ox: u32,
  c4: u32,
) {
  let map = x_map(c4);
  let row = (n * H + u32(clamp(iy, 0, i32(H) - 1))) * W;
  var x: array<vec4f, COLUMNS>;
  for (var s = 0; s < COLUMNS; s++) {
    let ix = i32(ox) * STRIDE + s - PAD_LEFT;
    let inside = iy >= 0 && iy < i32(H) && ix >= 0 && ix < i32(W);
    let pixel = row + u32(clamp(ix, 0, i32(W) - 1));
    x[s] = select(vec4f(0.0), x_value(pixel * C4 + c4, map), inside);
  }
  for (var v = 0; v < 3; v++) {
    for (var j = 0; j < TILE_W; j++) { (*sum)[v] = fma(x[j * STRIDE + v], (*g)[j], (*sum)[v]); }
  }
}

fn run(thread: u32) {
  let c4 = thread % C4;
  let slice = thread / C4;
  if (slice >= SLICES) { return; }

  let map = dy_map(c4);
  var top: array<vec4f, 3>;
  var middle: array<vec4f, 3>;
  var bottom: array<vec4f, 3>;
  let last = min((slice + 1u) * SLICE_ROWS, ROWS);
  for (var row = slice * SLICE_ROWS; row < last; row++) {
    let n = row / OH;
    let iy = i32(row % OH) * STRIDE - PAD_TOP;
    for (var ox = 0u; ox < OW; ox += u32(TILE_W)) {
      var g: array<vec4f, TILE_W>;
      for (var j = 0; j < TILE_W; j++) {
        let x = ox + u32(j);
        g[j] = select(vec4f(0.0), dy_value((row * OW + min(x, OW - 1u)) * C4 + c4, map), x < OW);
      }
      add_row(&top, &g, n, iy, ox, c4);
      add_row(&middle, &g, n, iy + 1, ox, c4);
      add_row(&bottom, &g, n, iy + 2, ox, c4);
    }
  }
  for (var v = 0; v < 3; v++) {
    dw_store((slice * 9u + u32(v)) * C4 + c4, top[v]);
    dw_store((slice * 9u + u32(v + 3)) * C4 + c4, middle[v]);
    dw_store((slice * 9u + u32(v + 6)) * C4 + c4, bottom[v]);
  }
}
