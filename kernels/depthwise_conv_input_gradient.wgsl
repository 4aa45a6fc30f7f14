// Gradient of the depthwise 3×3 convolution with respect to its input.
//
//   dx[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c] += w[u, v, c] · dy[n, i, j, c]
//
// dy [N, OH, OW, C]
// w  [3, 3, C]
// dx [N, H, W, C]
//
// A thread gathers TILE_W neighbouring pixels of a row of dx, TILE_W a multiple of STRIDE, for four channels.
// Only kernel rows u of the right parity fed its row. The outputs that its pixels fed in such a row are COLUMNS
// neighbours, the first of them FIRST (relative to the tile's first pixel / STRIDE); each is loaded once.

override N: u32;
override H: u32;
override W: u32;
override C4: u32;
override OH: u32;
override OW: u32;

// Adds what the pixels get from row oy of the outputs, which read them through the kernel's row u.
fn add_row(sum: ptr<function, array<vec4f, TILE_W>>, n: u32, oy: i32, ix: u32, c4: u32, u: u32) {
  let map = dy_map(c4);
  let row = (n * OH + u32(clamp(oy, 0, i32(OH) - 1))) * OW;
  var w: array<vec4f, 3>;
  for (var v = 0; v < 3; v++) { w[v] = w_load((u * 3u + u32(v)) * C4 + c4); }
  var g: array<vec4f, COLUMNS>;
  for (var s = 0; s < COLUMNS; s++) {
    let ox = i32(ix) / STRIDE + FIRST + s;
    let inside = oy >= 0 && oy < i32(OH) && ox >= 0 && ox < i32(OW);
    let pixel = row + u32(clamp(ox, 0, i32(OW) - 1));
    g[s] = select(vec4f(0.0), dy_value(pixel * C4 + c4, map), inside);
  }
  for (var v = 0; v < 3; v++) {
    for (var j = 0; j < TILE_W; j++) {
      // s / STRIDE where that is whole; the stride is 1 or 2.
      let s = j + PAD_LEFT - v - FIRST * STRIDE;
      if ((s & (STRIDE - 1)) == 0) { (*sum)[j] = fma(g[s >> u32(STRIDE - 1)], w[v], (*sum)[j]); }
    }
  }
}

fn run(thread: u32) {
  let tiles = (W + u32(TILE_W) - 1u) / u32(TILE_W);
  let c4 = thread % C4;
  let ix = (thread / C4 % tiles) * u32(TILE_W);
  let iy = thread / C4 / tiles % H;
  let n = thread / C4 / tiles / H;
  if (n >= N) { return; }

  // y is the output row that read this row through kernel row u; the next one above did through u + STRIDE.
  let shifted = i32(iy) + PAD_TOP;
  let u = u32(shifted % STRIDE);
  let y = shifted / STRIDE;
  var sum: array<vec4f, TILE_W>;
  add_row(&sum, n, y, ix, c4, u);
  if (STRIDE == 1) {
    add_row(&sum, n, y - 1, ix, c4, 1u);
    add_row(&sum, n, y - 2, ix, c4, 2u);
  } else if (u == 0u) {
    add_row(&sum, n, y - 1, ix, c4, 2u);
  }
  let row = (n * H + iy) * W;
  for (var j = 0; j < TILE_W; j++) {
    if (ix + u32(j) < W) { dx_store((row + ix + u32(j)) * C4 + c4, sum[j]); }
  }
}
