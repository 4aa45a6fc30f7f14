// Per-channel sums over some rows that batch norm's gradient needs. Stands in front of the kernels that read the tensors.
//
//   g[r, c] = dz[r, c] where ReLU6 did not clamp z, else 0
//   sum[c] = sum_r g,   projection[c] = sum_r g · (x - mean) / sqrt(variance + epsilon),   r from `first` to `last` - 1
//
// x            [ROWS, C]  the input of the batch norm
// dz           [ROWS, C]  gradient of the normalized (and clamped) output
// coefficients [2, C]     scale, shift of the batch norm
// moments      [2, C]     mean, 1 / sqrt(variance + epsilon)

struct Terms { sum: vec4f, projection: vec4f }

fn terms_of(c4: u32, first: u32, last: u32) -> Terms {
  let scale = coefficients_load(c4);
  let shift = coefficients_load(C4 + c4);
  let mean = moments_load(c4);
  var sum = vec4f(0.0);
  var projection = vec4f(0.0);
  for (var row = first; row < last; row += 4u) {
    @unroll for (var r = 0u; r < 4; r++) {
      let i = min(row + r, last - 1u) * C4 + c4;
      let x = x_load(i);
      var g = select(vec4f(0.0), dz_load(i), row + r < last);
      if (RELU6 == 1) { g = relu6_gradient(g, fma(x, scale, shift)); }
      sum += g;
      projection = fma(g, x - mean, projection);
    }
  }
  return Terms(sum, projection * moments_load(C4 + c4));
}
