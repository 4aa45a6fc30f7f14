// A window on X along one axis, zero outside X: a slice, and with the opposite shift the gradient of a slice.
//
//   y[o, p, i] = x[o, p + SHIFT, i]   where 0 <= p + SHIFT < X_SIZE, else 0
//
// x [OUTER, X_SIZE, INNER4],  y [OUTER, SIZE, INNER4]  in vec4s, or along the last axis (LAST)
// x [OUTER, X_SIZE],          y [OUTER, SIZE]          in scalars, padded

override X_SIZE: i32;
override SHIFT: i32;

fn run(thread: u32) {
  if (LAST == 0) {
    if (thread >= OUTER * SIZE * INNER4) { return; }
    let p = i32(thread / INNER4 % SIZE) + SHIFT;
    let o = thread / INNER4 / SIZE;
    let inside = p >= 0 && p < X_SIZE;
    let row = o * u32(X_SIZE) + u32(clamp(p, 0, X_SIZE - 1));
    y_store(thread, select(vec4f(0.0), x_load(row * INNER4 + thread % INNER4), inside));
  } else {
    let size4 = (SIZE + 3u) / 4u;
    if (thread >= OUTER * size4) { return; }
    let stride = (u32(X_SIZE) + 3u) / 4u * 4u;
    let start = thread / size4 * stride;
    var y: vec4f;
    for (var element = 0u; element < 4u; element++) {
      let p = i32(thread % size4 * 4u + element) + SHIFT;
      let inside = p >= 0 && p < X_SIZE;
      y[element] = select(0.0, x_at(start + u32(clamp(p, 0, X_SIZE - 1))), inside);
    }
    y_store(thread, within(y, thread % size4, SIZE));
  }
}
