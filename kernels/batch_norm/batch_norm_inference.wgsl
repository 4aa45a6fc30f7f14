// Scale and shift of batch norm with fixed statistics; the next layer applies them as its prologue.
//
//   scale = gamma / sqrt(variance + epsilon),   shift = beta - mean · scale
//
// gamma, beta, mean, variance [C];  settings [1]: epsilon
// coefficients [2, C]  scale, shift
// moments      [2, C]  mean, 1 / sqrt(variance + epsilon), for the backward pass

fn run(c4: u32) {
  if (c4 >= C4) { return; }
  let inverse = 1.0 / sqrt(variance_load(c4) + vec4f(settings_at(0u)));
  let scale = gamma_load(c4) * inverse;
  coefficients_store(c4, within(scale, c4, CHANNELS));
  coefficients_store(C4 + c4, within(beta_load(c4) - mean_load(c4) * scale, c4, CHANNELS));
  moments_store(c4, mean_load(c4));
  moments_store(C4 + c4, inverse);
}
