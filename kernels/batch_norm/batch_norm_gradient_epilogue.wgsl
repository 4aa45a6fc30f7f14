// Sums for the gradient of the batch norm whose output's gradient a workgroup computes: no kernel has to read that again.
//
//   statistics[s, 0, c] = sum_r g,   statistics[s, 1, c] = sum_r g · (x - mean) / sqrt(variance + epsilon)
//
// over the rows r of slice s, all of which a workgroup holds; g is the gradient as it is stored, and zero where ReLU6 clamped
// the output. Stands after lane_columns.wgsl, in front of kernels whose lane columns hold rows of the same four channels.
//
// moments    [2, C]  mean, 1 / sqrt(variance + epsilon)
// statistics [slices, 2, C]

// The thread's sums of g and of g · (x - mean); stores where the channels are some of the C4.
fn leave_sums(lane: u32, slice: u32, c4: u32, channels4: u32, sum: vec4f, projection: vec4f) {
  let joint = column_sum(lane, sum);
  let joint_projection = column_sum(lane, projection);
  if (lane < u32(LANE_COLUMNS) && c4 < channels4) {
    statistics_store(slice * 2u * channels4 + c4, joint);
    statistics_store((slice * 2u + 1u) * channels4 + c4, joint_projection * moments_load(channels4 + c4));
  }
}
