// Depthwise 3×3 convolution, NHWC.
//
//   y[n, i, j, c] = sum_{u, v < 3} w[u, v, c] · x[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c]
//
// x [N, H, W, C]   zero outside the image; a per-channel map (the previous batch norm and ReLU6) may be applied
//                  as it is loaded, inside the image only
// w [3, 3, C]
// y [N, OH, OW, C]
//
// A thread computes TILE_W neighbouring outputs of a row for four channels. For each kernel row it loads the
// COLUMNS pixels that they need once. Neighbouring threads have neighbouring channels.

override N: u32;
override H: u32;
override W: u32;
override C4: u32;
override OH: u32;
override OW: u32;

// Adds what the outputs take from one row of the image, the kernel's row u.
fn add_row(sum: ptr<function, array<vec4f, TILE_W>>, n: u32, iy: i32, ox: u32, c4: u32, u: u32) {
  let map = x_map(c4);
  let row = (n * H + u32(clamp(iy, 0, i32(H) - 1))) * W;
  var w: array<vec4f, 3>;
  for (var v = 0; v < 3; v++) { w[v] = w_load((u * 3u + u32(v)) * C4 + c4); }
  var x: array<vec4f, COLUMNS>;
  for (var s = 0; s < COLUMNS; s++) {
    let ix = i32(ox) * STRIDE + s - PAD_LEFT;
    let inside = iy >= 0 && iy < i32(H) && ix >= 0 && ix < i32(W);
    let pixel = row + u32(clamp(ix, 0, i32(W) - 1));
    x[s] = select(vec4f(0.0), x_value(pixel * C4 + c4, map), inside);
  }
  for (var v = 0; v < 3; v++) {
    for (var j = 0; j < TILE_W; j++) { (*sum)[j] = fma(x[j * STRIDE + v], w[v], (*sum)[j]); }
  }
}

fn run(thread: u32) {
  let tiles = (OW + u32(TILE_W) - 1u) / u32(TILE_W);
  let c4 = thread % C4;
  let ox = (thread / C4 % tiles) * u32(TILE_W);
  let oy = thread / C4 / tiles % OH;
  let n = thread / C4 / tiles / OH;
  if (n >= N) { return; }

  // Three calls rather than a loop: some compilers keep arrays in memory when an outer loop is not unrolled.
  let iy = i32(oy) * STRIDE - PAD_TOP;
  var sum: array<vec4f, TILE_W>;
  add_row(&sum, n, iy, ox, c4, 0u);
  add_row(&sum, n, iy + 1, ox, c4, 1u);
  add_row(&sum, n, iy + 2, ox, c4, 2u);
  let row = (n * OH + oy) * OW;
  for (var j = 0; j < TILE_W; j++) {
    if (ox + u32(j) < OW) { y_store((row + ox + u32(j)) * C4 + c4, sum[j]); }
  }
}
