// Stochastic gradient descent with momentum, for all parameters of a flat buffer at once. (As PyTorch's SGD: Polyak
// momentum, decay as L2 penalty.)
//
//   v = momentum · v + g + decay · w,   w = w - rate · v
//
// weights w, velocity v [LENGTH4] vec4s, updated in place
// gradients g [LENGTH4] vec4s
// multipliers [LENGTH4 / 16] vec4s: the multipliers of rate and decay for a block of 16 vec4s of one parameter
// settings [3]: rate, momentum, decay
// non_finite [1]: set to 1 if a number that is stored is NaN or infinite
//
// gradient() and skipped() come from plain_gradients.wgsl or scaled_gradients.wgsl, exponents() and flag_non_finite()
// from non_finite_flag.wgsl. One thread per vec4.

fn run(i: u32) {
  if (i >= LENGTH4 || skipped()) { return; }
  let s = settings_load(0u);
  let multiplier = multipliers_load(i / 16u);
  let w = weights_load(i);
  let v = fma(velocity_load(i), vec4f(s.y), fma(w, vec4f(s.z * multiplier.y), gradient(i)));
  velocity_store(i, v);
  let updated = w - s.x * multiplier.x * v;
  weights_store(i, updated);
  flag_non_finite(max(exponents(updated), exponents(v)));
}
