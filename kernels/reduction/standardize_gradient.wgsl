// Gradient of standardize.wgsl, from its results.
//
//   dx[r, c] = scale[r] · (dy[r, c] - mean_k dy[r, k] - y[r, c] · mean_k(dy[r, k] y[r, k]))
//
// y, dy, dx [ROWS, D]
// scale     [ROWS, 1]
//
// A workgroup takes a row. Stands after workgroup_reduce.wgsl.

fn run_group(row: u32, lane: u32) {
  if (row >= ROWS) { return; }
  var sum = 0.0;
  var products = 0.0;
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let dy = dy_load(row * D4 + c4);
    sum += dot(dy, vec4f(1.0));
    products += dot(dy, y_load(row * D4 + c4));
  }
  let means = workgroup_sum(lane, vec4f(sum, products, 0.0, 0.0)) / f32(D);
  let scale = scale_load(row).x;
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let dx = scale * (dy_load(row * D4 + c4) - means.x - y_load(row * D4 + c4) * means.y);
    dx_store(row * D4 + c4, within(dx, c4, D));
  }
}
