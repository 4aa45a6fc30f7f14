// Gradient of the mean over all pixels: every pixel gets an equal share.
//
//   dx[n, p, c] = dy[n, c] / PIXELS
//
// dy [N, C]
// dx [N, PIXELS, C]

fn run(thread: u32) {
  if (thread >= N * PIXELS * C4) { return; }
  dx_store(thread, dy_load(thread / C4 / PIXELS * C4 + thread % C4) / f32(PIXELS));
}
