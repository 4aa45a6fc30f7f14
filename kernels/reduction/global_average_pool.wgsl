// Mean over all pixels.
//
//   y[n, c] = 1 / PIXELS · sum_p x[n, p, c]
//
// x [N, PIXELS, C]  a per-channel map may be applied as it is loaded
// y [N, C]

override N: u32;
override PIXELS: u32;
override C4: u32;

fn run(thread: u32) {
  if (thread >= N * C4) { return; }
  let c4 = thread % C4;
  let n = thread / C4;
  let map = x_map(c4);
  var sum = vec4f(0.0);
  for (var p = 0u; p < PIXELS; p++) { sum += x_value((n * PIXELS + p) * C4 + c4, map); }
  y_store(thread, sum / f32(PIXELS));
}
