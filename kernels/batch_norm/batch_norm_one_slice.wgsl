// Batch norm's statistics, scale and shift in one kernel, for few rows: a thread takes four channels.
//
//   scale = gamma / sqrt(variance + epsilon),   shift = beta - mean · scale
//
// The rest is in batch_norm_moments.wgsl and batch_norm_prologue.wgsl, which stand before this.
// x [ROWS, C]

fn run(c4: u32) {
  if (c4 >= C4) { return; }
  let moments = moments_of(c4, 0u, ROWS);
  store_prologue(c4, f32(ROWS), moments.mean, moments.m2);
}
