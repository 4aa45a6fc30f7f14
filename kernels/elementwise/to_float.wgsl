// Unsigned integers as f32, exact up to 2^24.
//
//   y[r, c] = x[r, c]
//
// x [ROWS, CHANNELS]  u32, not padded
// y [ROWS, CHANNELS]

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  let first = thread % C4 * 4u;
  let start = thread / C4 * CHANNELS;
  var y = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    if (first + k < CHANNELS) { y[k] = f32(x_at(start + first + k)); }
  }
  y_store(thread, y);
}
