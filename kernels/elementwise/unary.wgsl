// Y = f(X) elementwise. The table in unary.ts writes f.
//
// x, y [ROWS, CHANNELS]

fn run(i: u32) {
  if (i >= ROWS * C4) { return; }
  y_store(i, within(f(x_load(i)), i % C4, CHANNELS));
}
