// Y = map(X): writes out a per-channel map (batch norm and ReLU6) where a reader cannot apply it itself.
//
// x, y [ROWS, C]

override ROWS: u32;
override C4: u32;

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  y_store(thread, x_value(thread, x_map(thread % C4)));
}
