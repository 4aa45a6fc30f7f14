// Gradient of scaling rows to length one.
//
//   dx[r] = (dy[r] - u (u · dy[r])) / |x[r]|,  u = x[r] / |x[r]|,  where |x[r]| > EPSILON
//   dx[r] = dy[r] / EPSILON                                       elsewhere, or 0 with NO_DIRECTION
//
// x, dy, dx [ROWS, D].  A workgroup takes a row.

override EPSILON: f32;

fn run_group(row: u32, lane: u32) {
  if (row >= ROWS) { return; }
  var squares = 0.0;
  var products = 0.0;
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let x = x_load(row * D4 + c4);
    squares += dot(x, x);
    products += dot(x, dy_load(row * D4 + c4));
  }
  let sums = workgroup_sum(lane, vec4f(squares, products, 0.0, 0.0));
  let length = sqrt(sums.x);
  let short = length <= EPSILON;
  let divisor = max(length, EPSILON);
  let along = select(sums.y / divisor, 0.0, short);
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let i = row * D4 + c4;
    let dx = (dy_load(i) - x_load(i) / divisor * along) / divisor;
    dx_store(i, select(dx, vec4f(0.0), short && NO_DIRECTION == 1));
  }
}
