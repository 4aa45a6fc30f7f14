// The sums and the prologue of batch norm's gradient in one kernel, for few rows: a thread takes four channels.
//
//   dx = scale · g + a · x + b
//
// The rest is in batch_norm_gradient_terms.wgsl and batch_norm_gradient_prologue.wgsl, which stand before this.
// x, dz [ROWS, C]

fn run(c4: u32) {
  if (c4 >= C4) { return; }
  let terms = terms_of(c4, 0u, ROWS);
  store_gradient_prologue(c4, terms.sum, terms.projection);
}
