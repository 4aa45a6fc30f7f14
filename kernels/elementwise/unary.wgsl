// Y = f(X) elementwise. The table in unary.ts writes f.
//
// x, y [ROWS, CHANNELS]

override ROWS: u32;
override CHANNELS: u32;
override C4: u32;

fn run(i: u32) {
  if (i >= ROWS * C4) { return; }
  y_store(i, within(f(x_load(i)), i % C4, CHANNELS));
}
