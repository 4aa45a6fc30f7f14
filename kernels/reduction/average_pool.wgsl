// Average pooling and its gradient.
//
//   TRANSPOSED = 0   y[n, i, j, c] = sum of x[n, p, c] over the pixels p of window (i, j), divided by count(i, j)
//   TRANSPOSED = 1   y[n, p, c] = sum of x[n, i, j, c] / count(i, j) over the windows (i, j) that hold p
//
// x [N, H, W, C], transposed [N, OH, OW, C];   y [N, OH, OW, C], transposed [N, H, W, C]
//
// Window (i, j) begins at pixel (i·STRIDE - PAD_TOP, j·STRIDE - PAD_LEFT). count is SIZE² where padding counts (COUNT_PADDING),
// else the pixels that lie inside the image. A thread computes four channels of one pixel of y.

override N: u32;
override H: i32;
override W: i32;
override C4: u32;
override OH: i32;
override OW: i32;
override PAD_TOP: i32;
override PAD_LEFT: i32;

// The part of a window's rows or columns that lies inside an image of so many: from x to y.
fn inside(window: i32, padding: i32, extent: i32) -> vec2i {
  let first = window * STRIDE - padding;
  return vec2i(max(first, 0), min(first + SIZE, extent));
}

fn count(rows: vec2i, columns: vec2i) -> f32 {
  if (COUNT_PADDING == 1) { return f32(SIZE * SIZE); }
  return f32((rows.y - rows.x) * (columns.y - columns.x));
}

fn pool(thread: u32) {
  let c4 = thread % C4;
  let ox = i32(thread / C4) % OW;
  let oy = i32(thread / C4) / OW % OH;
  let n = thread / C4 / u32(OW * OH);
  if (n >= N) { return; }
  let rows = inside(oy, PAD_TOP, H);
  let columns = inside(ox, PAD_LEFT, W);
  var sum = vec4f(0.0);
  for (var iy = rows.x; iy < rows.y; iy++) {
    for (var ix = columns.x; ix < columns.y; ix++) { sum += x_load((n * u32(H * W) + u32(iy * W + ix)) * C4 + c4); }
  }
  y_store(thread, sum / count(rows, columns));
}

fn gradient(thread: u32) {
  let c4 = thread % C4;
  let ix = i32(thread / C4) % W;
  let iy = i32(thread / C4) / W % H;
  let n = thread / C4 / u32(W * H);
  if (n >= N) { return; }
  var sum = vec4f(0.0);
  // Of the windows that begin at or before this pixel, the last few hold it: see max_pool.wgsl.
  let last_y = min((iy + PAD_TOP) / STRIDE, OH - 1);
  let last_x = min((ix + PAD_LEFT) / STRIDE, OW - 1);
  for (var oy = max(iy + PAD_TOP - SIZE + STRIDE, 0) / STRIDE; oy <= last_y; oy++) {
    for (var ox = max(ix + PAD_LEFT - SIZE + STRIDE, 0) / STRIDE; ox <= last_x; ox++) {
      let x = x_load(((n * u32(OH) + u32(oy)) * u32(OW) + u32(ox)) * C4 + c4);
      sum += x / count(inside(oy, PAD_TOP, H), inside(ox, PAD_LEFT, W));
    }
  }
  y_store(thread, sum);
}

fn run(thread: u32) {
  if (TRANSPOSED == 0) { pool(thread); } else { gradient(thread); }
}
