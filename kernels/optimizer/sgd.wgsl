// Stochastic gradient descent with momentum, over all parameters of a flat buffer at once.
//
//   v = momentum · v + g + decay · w,   w = w - rate · v        (Polyak momentum, decay as L2 penalty)
//
// weights, velocity [LENGTH4] vec4s, updated in place;  gradients [LENGTH4] vec4s
// factors  [LENGTH4 / 16] vec4s: what multiplies rate and decay in a block of 16 vec4s (one parameter's)
// settings: rate, momentum, decay
// gradient(i) and skipped() come from plain_gradients.wgsl or scaled_gradients.wgsl, exponents() and mark_non_finite() from
// marked.wgsl or unmarked.wgsl.

override LENGTH4: u32;

fn run(i: u32) {
  if (i >= LENGTH4 || skipped()) { return; }
  let s = settings_load(0u);
  let f = factors_load(i / 16u);
  let w = weights_load(i);
  let v = fma(velocity_load(i), vec4f(s.y), fma(w, vec4f(s.z * f.y), gradient(i)));
  velocity_store(i, v);
  let moved = w - s.x * f.x * v;
  weights_store(i, moved);
  mark_non_finite(max(exponents(moved), exponents(v)));
}
