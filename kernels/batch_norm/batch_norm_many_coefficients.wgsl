// batch_norm_coefficients.wgsl for a GPU: a workgroup merges the slices of a few vec4s of channels.
//
//   mean = o + sum_s n_s · d_s / ROWS,   m2 = sum_s (m2[s] + n_s · d_s²) - ROWS · (mean - o)²,   d_s = mean[s] - o
//
// which is Chan's formula (1979) for all sets at once. The origin o is the mean of the first slice, so that a large mean
// does not cancel the variance away.
//
// partial [SLICES, 2, C]  from batch_norm_statistics.wgsl or batch_norm_epilogue.wgsl
// The rest is in join_slices.wgsl and batch_norm_prologue.wgsl, which stand before this.

fn run_group(group: u32, lane: u32) {
  let column = group * u32(JOIN_COLUMNS) + lane % u32(JOIN_COLUMNS);
  let c4 = min(column, C4 - 1u);
  let origin = partial_load(c4);
  var sum = vec4f(0.0);
  var squares = vec4f(0.0);
  for (var first = lane / u32(JOIN_COLUMNS); first < SLICES; first += 4u * u32(JOIN_ROWS)) {
    @unroll for (var i = 0u; i < 4; i++) {
      // Past the end, the last slice repeats without weight.
      let s = min(first + i * u32(JOIN_ROWS), SLICES - 1u);
      let weight = f32(first + i * u32(JOIN_ROWS) < SLICES);
      let n = weight * f32(min(SLICE_ROWS, ROWS - s * SLICE_ROWS));
      let d = partial_load(s * 2u * C4 + c4) - origin;
      sum = fma(vec4f(n), d, sum);
      squares += weight * partial_load((s * 2u + 1u) * C4 + c4) + n * d * d;
    }
  }
  let shift = column_sum(lane, sum) / f32(ROWS);
  let m2 = column_sum(lane, squares) - f32(ROWS) * shift * shift;
  if (lane == column % u32(JOIN_COLUMNS) && column < C4) {
    store_prologue(c4, f32(ROWS), origin + shift, max(m2, vec4f(0.0)));
  }
}
