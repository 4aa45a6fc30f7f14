// Y = f(A, B) elementwise, with broadcasting: see operands.wgsl. The table in binary.ts writes f.

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  let c4 = thread % C4;
  let row = thread / C4;
  let k = row % D2;
  let j = row / D2 % D1;
  let i = row / D2 / D1;
  y_store(thread, within(f(a_row(i, j, k, c4), b_row(i, j, k, c4)), c4, CHANNELS));
}
