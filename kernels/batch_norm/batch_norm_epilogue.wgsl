// Statistics of what a workgroup has computed, for the batch norm that follows: no kernel has to read it again.
//
//   mean[s, c] = sum_l n_l · mean_l / n,   m2[s, c] = sum_l (m2_l + n_l · (mean_l - mean[s, c])²),   n = sum_l n_l
//
// which is Chan's formula (1979) for all lanes l of a channel at once. Stands after lane_columns.wgsl, in front of
// kernels whose lane columns hold rows of the same four channels; a workgroup holds all rows of its slice.
//
// statistics [slices, 2, C]  means, then sums of squared deviations. Of the values as they are stored, rounded to f16
//                            where that is how: those are what is normalized.

// `count` rows of the thread have this mean and these squared deviations; `stores` where the channels are some of the C4.
fn leave_statistics(lane: u32, slice: u32, c4: u32, channels4: u32, rows: f32, count: f32, mean: vec4f, m2: vec4f) {
  let joint = column_sum(lane, count * mean) / rows;
  let d = mean - joint;
  let joint_m2 = column_sum(lane, fma(count * d, d, m2));
  if (lane < u32(LANE_COLUMNS) && c4 < channels4) {
    statistics_store(slice * 2u * channels4 + c4, joint);
    statistics_store((slice * 2u + 1u) * channels4 + c4, joint_m2);
  }
}
