// Mean over all pixels.
//
//   y[n, c] = 1 / PIXELS · sum_p x[n, p, c]
//
// x [N, PIXELS, C]  a prologue may be applied on load
// y [N, C]

fn run(thread: u32) {
  if (thread >= N * C4) { return; }
  let c4 = thread % C4;
  let n = thread / C4;
  let prologue = x_prologue(c4);
  var sum = vec4f(0.0);
  for (var p = 0u; p < PIXELS; p++) { sum += x_value((n * PIXELS + p) * C4 + c4, prologue); }
  y_store(thread, sum / f32(PIXELS));
}
