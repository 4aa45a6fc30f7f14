// Y = prologue(X): writes the result of a prologue (batch norm and ReLU6, or their gradient) for readers that cannot
// apply it on load, or would apply it too often.
//
// x, y [ROWS, C]
//
// A thread takes TILE_ROWS rows of four channels, so that it loads the prologue's coefficients once for all of them.

fn run(thread: u32) {
  let c4 = thread % C4;
  let row = thread / C4 * u32(TILE_ROWS);
  if (row >= ROWS) { return; }
  let prologue = x_prologue(c4);
  @unroll for (var r = 0u; r < TILE_ROWS; r++) {
    let i = (row + r) * C4 + c4;
    if (row + r < ROWS) { y_store(i, x_value(i, prologue)); }
  }
}
