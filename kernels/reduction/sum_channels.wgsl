// Sums over the last axis and any others.
//
//   y[e] = sum_r sum_lane x[kept(e) + reduced(r)][lane]
//
// x  a tensor of up to four axes, seen as vec4s; its padding is zero and adds nothing
// y  [SLICES, ROWS, CHANNELS]  the axes that stay; with several slices, slice s adds r = s, s + SLICES, …
//
// kept(e) and reduced(r) are offsets as in sum.wgsl. A thread computes one vec4 of y: four elements e.

override SLICES: u32;
override ROWS: u32;
override CHANNELS: u32;
override C4: u32;
override KEPT_INNER: u32;
override KEPT_INNER_STRIDE: u32;
override KEPT_OUTER_STRIDE: u32;
override REDUCED: u32;
override REDUCED_INNER: u32;
override REDUCED_INNER_STRIDE: u32;
override REDUCED_OUTER_STRIDE: u32;

fn run(thread: u32) {
  if (thread >= SLICES * ROWS * C4) { return; }
  let slice = thread / (ROWS * C4);
  let row = thread / C4 % ROWS;
  var y = vec4f(0.0);
  for (var element = 0u; element < 4u; element++) {
    let channel = thread % C4 * 4u + element;
    if (channel < CHANNELS) {
      let e = row * CHANNELS + channel;
      let start = (e / KEPT_INNER) * KEPT_OUTER_STRIDE + (e % KEPT_INNER) * KEPT_INNER_STRIDE;
      var sum = vec4f(0.0);
      for (var r = slice; r < REDUCED; r += SLICES) {
        let offset = (r / REDUCED_INNER) * REDUCED_OUTER_STRIDE + (r % REDUCED_INNER) * REDUCED_INNER_STRIDE;
        sum += x_load(start + offset);
      }
      y[element] = (sum.x + sum.y) + (sum.z + sum.w);
    }
  }
  y_store(thread, y);
}
