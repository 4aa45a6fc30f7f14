// batch_norm_coefficients.wgsl for many slices: a workgroup of 64 threads merges those of four channels.
//
//   mean = sum_s n_s · mean[s] / ROWS,   m2 = sum_s (m2[s] + n_s · (mean[s] - mean)²)
//
// which is Chan's formula (1979) for all sets at once, with the mean known before the squares are taken. Lane l takes
// s = l, l + 64, ..., then the lanes' sums are added by halves.
//
// partial [SLICES, 2, C]  from batch_norm_statistics.wgsl
// The rest is in workgroup_reduce.wgsl and batch_norm_prologue.wgsl, which stand before this.

override ROWS: u32;
override CHANNELS: u32;
override C4: u32;
override SLICES: u32;
override SLICE_ROWS: u32;

fn run_group(c4: u32, lane: u32) {
  var sum = vec4f(0.0);
  for (var s = lane; s < SLICES; s += 64u) {
    let n = f32(min(SLICE_ROWS, ROWS - s * SLICE_ROWS));
    sum = fma(vec4f(n), partial_load(s * 2u * C4 + c4), sum);
  }
  let mean = workgroup_sum(lane, sum) / f32(ROWS);
  var squares = vec4f(0.0);
  for (var s = lane; s < SLICES; s += 64u) {
    let n = f32(min(SLICE_ROWS, ROWS - s * SLICE_ROWS));
    let d = partial_load(s * 2u * C4 + c4) - mean;
    squares += partial_load((s * 2u + 1u) * C4 + c4) + n * d * d;
  }
  let m2 = workgroup_sum(lane, squares);
  if (lane == 0u) { store_prologue(c4, f32(ROWS), mean, m2); }
}
