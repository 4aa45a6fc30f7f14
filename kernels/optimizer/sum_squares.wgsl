// Sums of squares of a flat buffer, one for each thread.
//
//   y_t = sum_i x_i · x_i,  i = t, t + THREADS, t + 2 · THREADS, …
//
// x [LENGTH4] vec4s
// y [THREADS] vec4s: the four elements of the vec4s of x are summed apart
//
// The order of the sum is fixed, so that equal gradients have equal norms.

fn run(thread: u32) {
  if (thread >= THREADS) { return; }
  var sum = vec4f(0.0);
  for (var i = thread; i < LENGTH4; i += THREADS) {
    let x = x_load(i);
    sum = fma(x, x, sum);
  }
  y_store(thread, sum);
}
