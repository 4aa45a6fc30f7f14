// Per-channel mean and sum of squared deviations of slices of rows: the first half of batch norm.
//
//   mean[s, c] = sum_r x[r, c] / n_s,   m2[s, c] = sum_r (x[r, c] - mean[s, c])²,   r over the rows of slice s
//
// x       [ROWS, C]
// partial [SLICES, 2, C]  means, then sums of squared deviations
//
// Sums are taken of x minus the slice's first row, so that a large mean does not cancel the variance away.

override ROWS: u32;
override C4: u32;
override SLICES: u32;
override SLICE_ROWS: u32;

fn run(thread: u32) {
  let c4 = thread % C4;
  let slice = thread / C4;
  if (slice >= SLICES) { return; }
  let first = slice * SLICE_ROWS;
  let last = min(first + SLICE_ROWS, ROWS);
  let origin = x_load(first * C4 + c4);
  var sum = vec4f(0.0);
  var squares = vec4f(0.0);
  for (var row = first; row < last; row++) {
    let d = x_load(row * C4 + c4) - origin;
    sum += d;
    squares = fma(d, d, squares);
  }
  let mean = sum / f32(last - first);
  partial_store(slice * 2u * C4 + c4, origin + mean);
  partial_store((slice * 2u + 1u) * C4 + c4, max(squares - sum * mean, vec4f(0.0)));
}
