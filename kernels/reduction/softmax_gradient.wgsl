// Gradient of softmax.wgsl, from its result.
//
//   dx[r, c] = y[r, c] (dy[r, c] - sum_k dy[r, k] y[r, k]),   or with LOG dy[r, c] - e^y[r, c] sum_k dy[r, k]
//
// y, dy, dx [ROWS, D]
//
// A workgroup takes a row. Stands after workgroup_reduce.wgsl.

fn run_group(row: u32, lane: u32) {
  if (row >= ROWS) { return; }
  var sum = 0.0;
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    var weight = vec4f(1.0);
    if (LOG == 0) { weight = y_load(row * D4 + c4); }
    sum += dot(dy_load(row * D4 + c4), weight);
  }
  let total = workgroup_sum(lane, vec4f(sum)).x;
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let y = y_load(row * D4 + c4);
    let dy = dy_load(row * D4 + c4);
    var dx = y * (dy - total);
    if (LOG == 1) { dx = dy - exp(y) * total; }
    dx_store(row * D4 + c4, within(dx, c4, D));
  }
}
