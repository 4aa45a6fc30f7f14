// Adds the gradients of a run to those of earlier runs.
//
//   s = s + g
//
// accumulated s [LENGTH4] vec4s, updated in place
// gradients   g [LENGTH4] vec4s
//
// gradient() and skipped() come from plain_gradients.wgsl or scaled_gradients.wgsl. One thread per vec4.

fn run(i: u32) {
  if (i >= LENGTH4 || skipped()) { return; }
  accumulated_store(i, accumulated_load(i) + gradient(i));
}
