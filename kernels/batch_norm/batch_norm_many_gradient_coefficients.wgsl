// batch_norm_gradient_coefficients.wgsl for many slices: a workgroup of 64 threads adds those of four channels.
//
//   sum = sum_s partial[s, 0],   projection = sum_s partial[s, 1]
//
// Lane l takes s = l, l + 64, ..., then the lanes' sums are added by halves.
//
// partial [SLICES, 2, C]
// The rest is in workgroup_reduce.wgsl and batch_norm_gradient_prologue.wgsl, which stand before this.

override ROWS: u32;
override C4: u32;
override SLICES: u32;

fn run_group(c4: u32, lane: u32) {
  var sum = vec4f(0.0);
  var projection = vec4f(0.0);
  for (var s = lane; s < SLICES; s += 64u) {
    sum += partial_load(s * 2u * C4 + c4);
    projection += partial_load((s * 2u + 1u) * C4 + c4);
  }
  let sums = workgroup_sum(lane, sum);
  let projections = workgroup_sum(lane, projection);
  if (lane == 0u) { store_gradient_prologue(c4, sums, projections); }
}
