// Rows of mean 0 and variance 1: layer norm before its gain and offset (Ba et al. 2016).
//
//   y[r, c] = (x[r, c] - mean_r) · scale[r],   scale[r] = 1 / sqrt(variance_r + EPSILON)
//
// x, y  [ROWS, D]
// scale [ROWS, 1]
//
// A workgroup takes a row. Stands after workgroup_reduce.wgsl.

override EPSILON: f32;

fn run_group(row: u32, lane: u32) {
  if (row >= ROWS) { return; }
  var sum = 0.0;
  for (var c4 = lane; c4 < D4; c4 += 64u) { sum += dot(x_load(row * D4 + c4), vec4f(1.0)); }
  let mean = workgroup_sum(lane, vec4f(sum)).x / f32(D);
  var squares = 0.0;
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let deviation = within(x_load(row * D4 + c4) - mean, c4, D);
    squares += dot(deviation, deviation);
  }
  let scale = 1.0 / sqrt(workgroup_sum(lane, vec4f(squares)).x / f32(D) + EPSILON);
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    y_store(row * D4 + c4, within((x_load(row * D4 + c4) - mean) * scale, c4, D));
  }
  if (lane == 0u) { scale_store(row, vec4f(scale, 0.0, 0.0, 0.0)); }
}
