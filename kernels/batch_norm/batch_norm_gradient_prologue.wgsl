// From the sums of batch norm's gradient: the gradients of gamma and beta, and the coefficients of the prologue that
// computes the input's gradient from dz and x on load. Stands in front of the kernels that compute the sums.
//
//   dbeta = sum g,   dgamma = sum g · x̂,   x̂ = (x - mean) · inverse
//   dx = scale · g - scale / n · (dbeta + x̂ · dgamma) = scale · g + a · x + b
//
// coefficients [2, C]: scale, shift;  moments [2, C]: mean, inverse
// dgamma, dbeta [C]
// gradient_coefficients [4, C]: scale, shift, a, b   (a = b = 0 if the statistics were constants)

fn store_gradient_prologue(c4: u32, sum: vec4f, projection: vec4f) {
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
