// Adds the slices of batch_norm_gradient_sums.wgsl and computes the coefficients of the gradient's prologue.
//
//   sum = sum_s partial[s, 0],   projection = sum_s partial[s, 1]
//
// partial [SLICES, 2, C]
// The rest is in batch_norm_gradient_prologue.wgsl, which stands before this.

fn run(c4: u32) {
  if (c4 >= C4) { return; }
  var sum = vec4f(0.0);
  var projection = vec4f(0.0);
  for (var s = 0u; s < SLICES; s++) {
    sum += partial_load(s * 2u * C4 + c4);
    projection += partial_load((s * 2u + 1u) * C4 + c4);
  }
  store_gradient_prologue(c4, sum, projection);
}
