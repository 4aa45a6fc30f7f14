// Marks a flat buffer in which a number is infinite or NaN.
//
//   mark_0 = 1 where there is one, and stays as it is where there is none
//
// x [LENGTH4] vec4s, mark [1]. exponents() and mark_non_finite() come from marked.wgsl. One thread a vec4.

override LENGTH4: u32;

fn run(i: u32) {
  if (i >= LENGTH4) { return; }
  mark_non_finite(exponents(x_load(i)));
}
