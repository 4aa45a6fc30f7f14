// The second half of batch norm in training: joins the slices' statistics and turns them into the per-channel
// map that the next layer applies on load. (Ioffe and Szegedy 2015; slices joined as in Chan et al. 1979.)
//
//   scale = gamma / sqrt(variance + epsilon),   shift = beta - mean · scale
//   running = momentum · running + (1 - momentum) · batch, variance biased
//
// partial          [SLICES, 2, C]  from batch_norm_statistics.wgsl
// gamma, beta      [C]
// settings         [2]  epsilon, momentum
// running_mean, running_variance [C], updated in place
// coefficients     [2, C]  scale, shift
// moments          [2, C]  mean, 1 / sqrt(variance + epsilon), for the backward pass

override ROWS: u32;
override CHANNELS: u32;
override C4: u32;
override SLICES: u32;
override SLICE_ROWS: u32;

fn run(c4: u32) {
  if (c4 >= C4) { return; }
  var count = f32(min(SLICE_ROWS, ROWS));
  var mean = partial_load(c4);
  var m2 = partial_load(C4 + c4);
  for (var s = 1u; s < SLICES; s++) {
    let n = f32(min(SLICE_ROWS, ROWS - s * SLICE_ROWS));
    let d = partial_load(s * 2u * C4 + c4) - mean;
    m2 += partial_load((s * 2u + 1u) * C4 + c4) + d * d * (count * n / (count + n));
    mean += d * (n / (count + n));
    count += n;
  }
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
