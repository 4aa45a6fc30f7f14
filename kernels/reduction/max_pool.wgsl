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
// Stands after pool_windows.wgsl. Transposed, a thread visits the windows that cover its pixel and searches each again: that
// keeps no indices for the backward pass and needs no atomics. Where windows do not OVERLAP, it searches one window and writes
// all of its pixels.

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

fn pooled(n: u32, oy: i32, ox: i32, c4: u32) -> vec4f {
  let i = ((n * u32(H * W) + selected(n, oy, ox, c4)) * C4 + c4) * 4u;
  return vec4f(t_at(i.x), t_at(i.y + 1u), t_at(i.z + 2u), t_at(i.w + 3u));
}

fn part(n: u32, oy: i32, ox: i32, pixel: u32, c4: u32) -> vec4f {
  return select(vec4f(0.0), t_load(window_at(n, oy, ox, c4)), selected(n, oy, ox, c4) == vec4u(pixel));
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
  let dy = t_load(window_at(n, window_y, window_x, c4));
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
