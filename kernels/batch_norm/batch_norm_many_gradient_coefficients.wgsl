// batch_norm_gradient_coefficients.wgsl for a GPU: a workgroup adds the slices of a few vec4s of channels.
//
//   sum = sum_s partial[s, 0],   projection = sum_s partial[s, 1]
//
// partial [SLICES, 2, C]
// The rest is in join_slices.wgsl and batch_norm_gradient_prologue.wgsl, which stand before this.

fn run_group(group: u32, lane: u32) {
  let column = group * u32(JOIN_COLUMNS) + lane % u32(JOIN_COLUMNS);
  let c4 = min(column, C4 - 1u);
  var sum = vec4f(0.0);
  var projection = vec4f(0.0);
  for (var first = lane / u32(JOIN_COLUMNS); first < SLICES; first += 4u * u32(JOIN_ROWS)) {
    @unroll for (var i = 0u; i < 4; i++) {
      // Past the end, the last slice repeats without weight.
      let s = min(first + i * u32(JOIN_ROWS), SLICES - 1u);
      let weight = vec4f(f32(first + i * u32(JOIN_ROWS) < SLICES));
      sum = fma(weight, partial_load(s * 2u * C4 + c4), sum);
      projection = fma(weight, partial_load((s * 2u + 1u) * C4 + c4), projection);
    }
  }
  let sums = column_sum(lane, sum);
  let projections = column_sum(lane, projection);
  if (lane == column % u32(JOIN_COLUMNS) && column < C4) { store_gradient_prologue(c4, sums, projections); }
}
