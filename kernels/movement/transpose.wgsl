// Y = Xᵀ.
//
//   y[c, r] = x[r, c]
//
// x [R, C],  y [C, R]
//
// A thread transposes a block of four rows by one vec4. Rows past the last one count as zero: they are y's padding.

fn x_block_row(row: u32, c4: u32) -> vec4f {
  return select(vec4f(0.0), x_load(min(row, R - 1u) * C4 + c4), row < R);
}

fn run(thread: u32) {
  if (thread >= R4 * C4) { return; }
  let c4 = thread % C4;
  let r4 = thread / C4;
  let block = transpose(mat4x4f(
    x_block_row(r4 * 4u, c4),
    x_block_row(r4 * 4u + 1u, c4),
    x_block_row(r4 * 4u + 2u, c4),
    x_block_row(r4 * 4u + 3u, c4),
  ));
  for (var i = 0u; i < 4u; i++) {
    let row = c4 * 4u + i;
    if (row < C) { y_store(row * R4 + r4, block[i]); }
  }
}
