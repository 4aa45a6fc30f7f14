// The sums of batch norm's gradient and its map in one go, where there are few rows: a thread takes four channels.
//
//   dx = scale · g + a · x + b
//
// Everything else: batch_norm_gradient_terms.wgsl and batch_norm_gradient_map.wgsl, which stand before this.
// x, dz [ROWS, C]

override ROWS: u32;
override C4: u32;

fn run(c4: u32) {
  if (c4 >= C4) { return; }
  let terms = terms_of(c4, 0u, ROWS);
  store_gradient_map(c4, terms.sum, terms.projection);
}
