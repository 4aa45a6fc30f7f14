// From the statistics of batch norm in training: scale and shift, which the next layer applies as its prologue, and the
// updated running statistics. (Ioffe and Szegedy 2015.) Stands in front of the kernels that compute the statistics.
//
//   scale = gamma / sqrt(variance + epsilon),   shift = beta - mean · scale,   variance = m2 / count
//   running = momentum · running + (1 - momentum) · batch, variance biased
//
// gamma, beta  [C]
// settings     [2]     epsilon, momentum
// running_mean, running_variance [C], updated in place
// coefficients [2, C]  scale, shift
// moments      [2, C]  mean, 1 / sqrt(variance + epsilon), for the backward pass

fn store_prologue(c4: u32, count: f32, mean: vec4f, m2: vec4f) {
  let epsilon = settings_at(0u);
  let momentum = settings_at(1u);
  let variance = m2 / count;
  let inverse = 1.0 / sqrt(variance + epsilon);
  let scale = gamma_load(c4) * inverse;
  coefficients_store(c4, within(scale, c4, CHANNELS));
  coefficients_store(C4 + c4, within(beta_load(c4) - mean * scale, c4, CHANNELS));
  moments_store(c4, mean);
  moments_store(C4 + c4, inverse);
  running_mean_store(c4, mix(mean, running_mean_load(c4), momentum));
  running_variance_store(c4, within(mix(variance, running_variance_load(c4), momentum), c4, CHANNELS));
}
