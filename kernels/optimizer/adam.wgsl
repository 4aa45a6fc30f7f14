// Adam with decoupled weight decay (AdamW), for all parameters of a flat buffer at once.
// (Kingma and Ba 2015; Loshchilov and Hutter 2019.)
//
//   m = beta1 · m + (1 - beta1) · g,   v = beta2 · v + (1 - beta2) · g²
//   w = w - rate · (m̂ / (sqrt(v̂) + epsilon) + decay · w),   m̂ = m / (1 - beta1ᵗ),  v̂ = v / (1 - beta2ᵗ)
//
// weights w, first_moment m, second_moment v [LENGTH4] vec4s, updated in place
// gradients g [LENGTH4] vec4s
// multipliers [LENGTH4 / 16] vec4s: the multipliers of rate and decay for a block of 16 vec4s of one parameter
// settings [7]: rate, beta1, beta2, epsilon, decay, 1 / (1 - beta1ᵗ), 1 / (1 - beta2ᵗ)
// non_finite [1]: set to 1 if a number that is stored is NaN or infinite
//
// gradient() and skipped() come from plain_gradients.wgsl or scaled_gradients.wgsl, exponents() and flag_non_finite()
// from non_finite_flag.wgsl. One thread per vec4.

fn run(i: u32) {
  if (i >= LENGTH4 || skipped()) { return; }
  let s = settings_load(0u);
  let t = settings_load(1u);
  let multiplier = multipliers_load(i / 16u);
  let g = gradient(i);
  let w = weights_load(i);
  let m = mix(g, first_moment_load(i), s.y);
  let v = mix(g * g, second_moment_load(i), s.z);
  first_moment_store(i, m);
  second_moment_store(i, v);
  let direction = m * t.y / (sqrt(v * t.z) + s.w);
  let updated = w - s.x * multiplier.x * fma(w, vec4f(t.x * multiplier.y), direction);
  weights_store(i, updated);
  flag_non_finite(max(exponents(updated), max(exponents(m), exponents(v))));
}
