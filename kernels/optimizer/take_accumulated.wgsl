// Moves accumulated gradients to where an optimizer reads them, and begins anew.
//
//   g = s,   s = 0
//
// accumulated s [LENGTH4] vec4s, updated in place
// gradients   g [LENGTH4] vec4s, updated in place
//
// One thread per vec4.

fn run(i: u32) {
  if (i >= LENGTH4) { return; }
  gradients_store(i, accumulated_load(i));
  accumulated_store(i, vec4f(0.0));
}
