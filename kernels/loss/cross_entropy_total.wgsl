// Means over the rows of cross_entropy.wgsl.
//
//   loss = 1 / ROWS · sum_r rows[r, 0],   accuracy = 1 / ROWS · sum_r rows[r, 3]
//
// rows    [ROWS, 4]
// loss    []
// metrics [2]  loss, accuracy: the share of rows that are classified correctly
//
// One workgroup does it all.

fn run_group(_group: u32, lane: u32) {
  var sum = vec4f(0.0);
  for (var row = lane; row < ROWS; row += 64u) { sum += rows_load(row); }
  let mean = workgroup_sum(lane, sum) / f32(ROWS);
  if (lane == 0u) {
    loss_store(0u, vec4f(mean.x, 0.0, 0.0, 0.0));
    metrics_store(0u, vec4f(mean.x, mean.w, 0.0, 0.0));
  }
}
