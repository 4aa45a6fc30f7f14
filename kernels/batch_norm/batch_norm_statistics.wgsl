// Per-channel mean and sum of squared deviations of slices of rows: the first half of batch norm, if there are too many
// rows for one thread.
//
//   mean[s, c] = sum_r x[r, c] / n_s,   m2[s, c] = sum_r (x[r, c] - mean[s, c])²,   r over the rows of slice s
//
// x       [ROWS, C]
// partial [SLICES, 2, C]  means, then sums of squared deviations
//
// Stands after batch_norm_moments.wgsl.

fn run(thread: u32) {
  let c4 = thread % C4;
  let slice = thread / C4;
  if (slice >= SLICES) { return; }
  let first = slice * SLICE_ROWS;
  let moments = moments_of(c4, first, min(first + SLICE_ROWS, ROWS));
  partial_store(slice * 2u * C4 + c4, moments.mean);
  partial_store((slice * 2u + 1u) * C4 + c4, moments.m2);
}
