// Rows scaled to length one.
//
//   y[r] = x[r] / max(|x[r]|, EPSILON)
//
// x, y [ROWS, D]
//
// With NO_DIRECTION, a row of at most length EPSILON has no direction, and y[r] = 0. A workgroup takes a row.

override EPSILON: f32;

fn run_group(row: u32, lane: u32) {
  if (row >= ROWS) { return; }
  var squares = 0.0;
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let x = x_load(row * D4 + c4);
    squares += dot(x, x);
  }
  let length = sqrt(workgroup_sum(lane, vec4f(squares)).x);
  let without = NO_DIRECTION == 1 && length <= EPSILON;
  let divisor = max(length, EPSILON);
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let i = row * D4 + c4;
    y_store(i, select(x_load(i) / divisor, vec4f(0.0), without));
  }
}
