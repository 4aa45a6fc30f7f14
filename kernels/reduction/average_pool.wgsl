// Average pooling and its gradient: see pool_windows.wgsl.
//
//   pooled = sum of x[n, p, c] over the pixels p of window (i, j), divided by count(i, j)
//   part   = x[n, i, j, c] / count(i, j)
//
// x [N, H, W, C], transposed [N, OH, OW, C];   y [N, OH, OW, C], transposed [N, H, W, C]
//
// count is SIZE² where padding counts (COUNT_PADDING), else the pixels that lie inside the image.

override SIZE: i32;
override STRIDE: i32;

// The part of a window's rows or columns that lies inside an image of so many: from x to y.
fn inside(window: i32, padding: i32, extent: i32) -> vec2i {
  let first = window * STRIDE - padding;
  return vec2i(max(first, 0), min(first + SIZE, extent));
}

fn count(rows: vec2i, columns: vec2i) -> f32 {
  if (COUNT_PADDING == 1) { return f32(SIZE * SIZE); }
  return f32((rows.y - rows.x) * (columns.y - columns.x));
}

fn pooled(n: u32, oy: i32, ox: i32, c4: u32) -> vec4f {
  let rows = inside(oy, PAD_TOP, H);
  let columns = inside(ox, PAD_LEFT, W);
  var sum = vec4f(0.0);
  for (var iy = rows.x; iy < rows.y; iy++) {
    for (var ix = columns.x; ix < columns.y; ix++) { sum += x_load((n * u32(H * W) + u32(iy * W + ix)) * C4 + c4); }
  }
  return sum / count(rows, columns);
}

fn part(n: u32, oy: i32, ox: i32, pixel: u32, c4: u32) -> vec4f {
  return x_load(window_at(n, oy, ox, c4)) / count(inside(oy, PAD_TOP, H), inside(ox, PAD_LEFT, W));
}

fn run(thread: u32) {
  if (TRANSPOSED == 0) { pool(thread); } else { gradient(thread); }
}
