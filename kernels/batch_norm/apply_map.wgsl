// Y = map(X): writes out a per-channel map (batch norm and ReLU6, or their gradient) where a reader cannot apply it
// itself, or would apply it too often.
//
// x, y [ROWS, C]
//
// A thread takes TILE_ROWS rows of four channels, so that it loads the map once for all of them.

override ROWS: u32;
override C4: u32;

fn run(thread: u32) {
  let c4 = thread % C4;
  let row = thread / C4 * u32(TILE_ROWS);
  if (row >= ROWS) { return; }
  let map = x_map(c4);
  @unroll for (var r = 0u; r < TILE_ROWS; r++) {
    let i = (row + r) * C4 + c4;
    if (row + r < ROWS) { y_store(i, x_value(i, map)); }
  }
}
