// Joins the slices of batch_norm_gradient_sums.wgsl into the parameters' gradients and the coefficients with
// which the input's gradient is a map of x and dz.
//
//   dbeta = sum g,   dgamma = sum g · x̂,   x̂ = (x - mean) · inverse
//   dx = scale · g - scale / n · (dbeta + x̂ · dgamma) = scale · g + a · x + b
//
// partial [SLICES, 2, C];  coefficients [2, C]: scale, shift;  moments [2, C]: mean, inverse
// dgamma, dbeta [C]
// gradient_coefficients [4, C]: scale, shift, a, b   (a = b = 0 where the statistics were constants)

override ROWS: u32;
override C4: u32;
override SLICES: u32;

fn run(c4: u32) {
  if (c4 >= C4) { return; }
  var sum = vec4f(0.0);
  var projection = vec4f(0.0);
  for (var s = 0u; s < SLICES; s++) {
    sum += partial_load(s * 2u * C4 + c4);
    projection += partial_load((s * 2u + 1u) * C4 + c4);
  }
  dgamma_store(c4, projection);
  dbeta_store(c4, sum);
  let scale = coefficients_load(c4);
  gradient_coefficients_store(c4, scale);
  gradient_coefficients_store(C4 + c4, coefficients_load(C4 + c4));
  var a = vec4f(0.0);
  var b = vec4f(0.0);
  if (BATCH_STATISTICS == 1) {
    let mean = moments_load(c4);
    a = -scale * moments_load(C4 + c4) * projection / f32(ROWS);
    b = -scale * sum / f32(ROWS) - a * mean;
  }
  gradient_coefficients_store(2u * C4 + c4, a);
  gradient_coefficients_store(3u * C4 + c4, b);
}
