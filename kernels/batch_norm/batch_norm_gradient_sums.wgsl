// Per-channel sums that batch norm's gradient needs, over slices of rows.
//
//   partial[s] = sum_r g,  sum_r g · (x - mean) / sqrt(variance + epsilon),   r over the rows of slice s
//
// The rest is in batch_norm_gradient_terms.wgsl, which stands before this.
// partial [SLICES, 2, C]

fn run(thread: u32) {
  let c4 = thread % C4;
  let slice = thread / C4;
  if (slice >= SLICES) { return; }
  let terms = terms_of(c4, slice * SLICE_ROWS, min((slice + 1u) * SLICE_ROWS, ROWS));
  partial_store(slice * 2u * C4 + c4, terms.sum);
  partial_store((slice * 2u + 1u) * C4 + c4, terms.projection);
}
