// Softmax of rows, or its logarithm (LOG).
//
//   y[r, c] = e^(x[r, c] - m) / s,   or x[r, c] - m - log s,   with m = max_c x[r, c], s = sum_c e^(x[r, c] - m)
//
// x, y [ROWS, D]
//
// A workgroup takes a row. Stands after workgroup_reduce.wgsl.

fn run_group(row: u32, lane: u32) {
  if (row >= ROWS) { return; }
  var highest = -3.4028234e38;
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let x = x_load(row * D4 + c4);
    for (var k = 0u; k < 4u; k++) {
      if (c4 * 4u + k < D) { highest = max(highest, x[k]); }
    }
  }
  let m = workgroup_max(lane, highest);
  var sum = vec4f(0.0);
  for (var c4 = lane; c4 < D4; c4 += 64u) { sum += within(exp(x_load(row * D4 + c4) - m), c4, D); }
  let sums = workgroup_sum(lane, sum);
  let s = (sums.x + sums.y) + (sums.z + sums.w);
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let x = x_load(row * D4 + c4) - m;
    var y = exp(x) / s;
    if (LOG == 1) { y = x - log(s); }
    y_store(row * D4 + c4, within(y, c4, D));
  }
}
