// Max pooling and its gradient. S selects from each window of x its first maximum in row-major order; NaN counts as larger
// than all else, and padding is never selected:
//
//   TRANSPOSED = 0   y = S t:   y[n, i, j, c] = t[n, p, c] with p = argmax_{u, v} x[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c]
//   TRANSPOSED = 1   y = Sᵀ t:  y[n, p, c] = sum of t[n, i, j, c] over the windows (i, j) whose selected pixel is p
//
// Pooling is S x, and the gradient of x is Sᵀ dy.
//
// x [N, H, W, C]    decides what is selected
// t [N, H, W, C], transposed [N, OH, OW, C]
// y [N, OH, OW, C], transposed [N, H, W, C]
//
// A thread computes four channels of one pixel of y. Transposed, it visits the windows that cover its pixel and searches each
// again: that keeps no indices for the backward pass, needs no atomics, and always adds in the same order. Where windows do
// not OVERLAP, a thread searches one window and writes all of its pixels.

override N: u32;
override H: i32;
override W: i32;
override C4: u32;
override OH: i32;
override OW: i32;
override PAD_TOP: i32;
override PAD_LEFT: i32;

// The pixel that each of four channels selects from window (oy, ox) of image n.
fn selected(n: u32, oy: i32, ox: i32, c4: u32) -> vec4u {
  let image = n * u32(H * W);
  let top = oy * STRIDE - PAD_TOP;
  let left = ox * STRIDE - PAD_LEFT;
  let first = u32(max(top, 0) * W + max(left, 0));
  var pixels = vec4u(first);
  var largest = x_load((image + first) * C4 + c4);
  // Past the edge, the last pixel of the window comes again: it is not larger than itself.
  for (var u = 0; u < SIZE; u++) {
    let row = clamp(top + u, 0, H - 1) * W;
    @unroll for (var v = 0; v < SIZE; v++) {
      let pixel = u32(row + clamp(left + v, 0, W - 1));
      let x = x_load((image + pixel) * C4 + c4);
      let larger = (x > largest) | (is_nan(x) & !is_nan(largest));
      largest = select(largest, x, larger);
      pixels = select(pixels, vec4u(pixel), larger);
    }
  }
  return pixels;
}

fn pool(thread: u32) {
  let c4 = thread % C4;
  let ox = i32(thread / C4) % OW;
  let oy = i32(thread / C4) / OW % OH;
  let n = thread / C4 / u32(OW * OH);
  if (n >= N) { return; }
  let i = ((n * u32(H * W) + selected(n, oy, ox, c4)) * C4 + c4) * 4u;
  y_store(thread, vec4f(t_at(i.x), t_at(i.y + 1u), t_at(i.z + 2u), t_at(i.w + 3u)));
}

fn gradient(thread: u32) {
  let c4 = thread % C4;
  let ix = i32(thread / C4) % W;
  let iy = i32(thread / C4) / W % H;
  let n = thread / C4 / u32(W * H);
  if (n >= N) { return; }
  let pixel = vec4u(u32(iy * W + ix));
  var sum = vec4f(0.0);
  // Window o covers the pixels from o · STRIDE - PAD on: of those that begin at or before this one, the last few.
  let last_y = min((iy + PAD_TOP) / STRIDE, OH - 1);
  let last_x = min((ix + PAD_LEFT) / STRIDE, OW - 1);
  for (var oy = max(iy + PAD_TOP - SIZE + STRIDE, 0) / STRIDE; oy <= last_y; oy++) {
    for (var ox = max(ix + PAD_LEFT - SIZE + STRIDE, 0) / STRIDE; ox <= last_x; ox++) {
      let dy = t_load(((n * u32(OH) + u32(oy)) * u32(OW) + u32(ox)) * C4 + c4);
      sum += select(vec4f(0.0), dy, selected(n, oy, ox, c4) == pixel);
    }
  }
  y_store(thread, sum);
}

// The gradient where no pixel lies in two windows. A thread takes the pixels from the beginning of a window to that of the next.
fn gradient_apart(thread: u32) {
  let columns = (W + PAD_LEFT + STRIDE - 1) / STRIDE;
  let rows = (H + PAD_TOP + STRIDE - 1) / STRIDE;
  let c4 = thread % C4;
  let ox = i32(thread / C4) % columns;
  let oy = i32(thread / C4) / columns % rows;
  let n = thread / C4 / u32(columns * rows);
  if (n >= N) { return; }
  // After the last window come pixels that no window selects.
  let window_y = min(oy, OH - 1);
  let window_x = min(ox, OW - 1);
  let dy = t_load(((n * u32(OH) + u32(window_y)) * u32(OW) + u32(window_x)) * C4 + c4);
  let pixels = selected(n, window_y, window_x, c4);
  for (var u = 0; u < STRIDE; u++) {
    let iy = oy * STRIDE - PAD_TOP + u;
    for (var v = 0; v < STRIDE; v++) {
      let ix = ox * STRIDE - PAD_LEFT + v;
      let pixel = u32(iy * W + ix);
      if (iy >= 0 && iy < H && ix >= 0 && ix < W) {
        y_store((n * u32(H * W) + pixel) * C4 + c4, select(vec4f(0.0), dy, pixels == vec4u(pixel)));
      }
    }
  }
}

fn run(thread: u32) {
  if (TRANSPOSED == 0) { pool(thread); } else if (OVERLAP == 0) { gradient_apart(thread); } else { gradient(thread); }
}
