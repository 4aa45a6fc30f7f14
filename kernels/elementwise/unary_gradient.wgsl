// dX = dY · f'(X) elementwise, computed from what the forward pass kept: s is x or y. The table in unary.ts writes df.
//
// dy, s, dx [ROWS, CHANNELS]

fn run(i: u32) {
  if (i >= ROWS * C4) { return; }
  dx_store(i, within(df(dy_load(i), s_load(i)), i % C4, CHANNELS));
}
