// The second half of every split reduction: adds partial sums, always in the same order.
//
//   y[i] = sum_s partial[s, i]
//
// partial [SLICES, LENGTH4] vec4s
// y       [LENGTH4] vec4s

fn run(i: u32) {
  if (i >= LENGTH4) { return; }
  var sum = vec4f(0.0);
  for (var s = 0u; s < SLICES; s++) { sum += partial_load(s * LENGTH4 + i); }
  y_store(i, sum);
}
