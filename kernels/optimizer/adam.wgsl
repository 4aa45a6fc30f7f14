// Adam with decoupled weight decay, over all parameters of a flat buffer at once.
// (Kingma and Ba 2015; Loshchilov and Hutter 2019.)
//
//   m = beta1 · m + (1 - beta1) · g,   v = beta2 · v + (1 - beta2) · g²
//   w = w - rate · (m̂ / (sqrt(v̂) + epsilon) + decay · w),   m̂ = m / (1 - beta1ᵗ),  v̂ = v / (1 - beta2ᵗ)
//
// weights, first, second [LENGTH4] vec4s, updated in place;  gradients [LENGTH4] vec4s
// factors  [LENGTH4 / 16] vec4s: what multiplies rate and decay in a block of 16 vec4s (one parameter's)
// settings: rate, beta1, beta2, epsilon;  decay, 1 / (1 - beta1ᵗ), 1 / (1 - beta2ᵗ)
// gradient(i) and skipped() come from plain_gradients.wgsl or scaled_gradients.wgsl, exponents() and mark_non_finite() from
// marked.wgsl or unmarked.wgsl.

override LENGTH4: u32;

fn run(i: u32) {
  if (i >= LENGTH4 || skipped()) { return; }
  let s = settings_load(0u);
  let t = settings_load(1u);
  let f = factors_load(i / 16u);
  let g = gradient(i);
  let w = weights_load(i);
  let m = mix(g, first_load(i), s.y);
  let v = mix(g * g, second_load(i), s.z);
  first_store(i, m);
  second_store(i, v);
  let direction = m * t.y / (sqrt(v * t.z) + s.w);
  let moved = w - s.x * f.x * fma(w, vec4f(t.x * f.y), direction);
  weights_store(i, moved);
  mark_non_finite(max(exponents(moved), max(exponents(m), exponents(v))));
}
