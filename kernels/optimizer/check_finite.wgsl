// Sets a flag if any number of a flat buffer is NaN or infinite.
//
//   non_finite_0 = 1 if some x_i is NaN or infinite; unchanged otherwise
//
// x [LENGTH4] vec4s, non_finite [1]
// exponents() and flag_non_finite() come from non_finite_flag.wgsl. One thread per vec4.

fn run(i: u32) {
  if (i >= LENGTH4) { return; }
  flag_non_finite(exponents(x_load(i)));
}
