// dX = dY · f'(X) elementwise, computed from what the forward pass kept: s is x or y. The table in unary.ts writes df.
//
// dy, s, dx [ROWS, CHANNELS]

override ROWS: u32;
override CHANNELS: u32;
override C4: u32;

fn run(i: u32) {
  if (i >= ROWS * C4) { return; }
  dx_store(i, within(df(dy_load(i), s_load(i)), i % C4, CHANNELS));
}
