// Pooling over windows of SIZE × SIZE pixels, and its gradient.
//
//   TRANSPOSED = 0   y[n, i, j, c] = pooled(n, i, j, c)
//   TRANSPOSED = 1   y[n, p, c] = sum of part(n, i, j, p, c) over the windows (i, j) that hold pixel p, always in one order
//
// Window (i, j) begins at pixel (i·STRIDE - PAD_TOP, j·STRIDE - PAD_LEFT). Stands in front of max_pool.wgsl and
// average_pool.wgsl, which write `pooled` and `part`. A thread computes four channels of one pixel of y.

override H: i32;
override W: i32;
override OH: i32;
override OW: i32;
override PAD_TOP: i32;
override PAD_LEFT: i32;

// The vec4 of window (oy, ox) of image n.
fn window_at(n: u32, oy: i32, ox: i32, c4: u32) -> u32 {
  return ((n * u32(OH) + u32(oy)) * u32(OW) + u32(ox)) * C4 + c4;
}

fn pool(thread: u32) {
  let c4 = thread % C4;
  let ox = i32(thread / C4) % OW;
  let oy = i32(thread / C4) / OW % OH;
  let n = thread / C4 / u32(OW * OH);
  if (n >= N) { return; }
  y_store(thread, pooled(n, oy, ox, c4));
}

fn gradient(thread: u32) {
  let c4 = thread % C4;
  let ix = i32(thread / C4) % W;
  let iy = i32(thread / C4) / W % H;
  let n = thread / C4 / u32(W * H);
  if (n >= N) { return; }
  var sum = vec4f(0.0);
  // Window o covers the pixels from o · STRIDE - PAD on: of those that begin at or before this one, the last few.
  let last_y = min((iy + PAD_TOP) / STRIDE, OH - 1);
  let last_x = min((ix + PAD_LEFT) / STRIDE, OW - 1);
  for (var oy = max(iy + PAD_TOP - SIZE + STRIDE, 0) / STRIDE; oy <= last_y; oy++) {
    for (var ox = max(ix + PAD_LEFT - SIZE + STRIDE, 0) / STRIDE; ox <= last_x; ox++) {
      sum += part(n, oy, ox, u32(iy * W + ix), c4);
    }
  }
  y_store(thread, sum);
}
