// A function of operands that broadcast, as numpy does, over up to four axes.
//
//   Y[i, j, k, c] = f(A[i', j', k', c'], B[i'', j'', k'', c'']), where an index is 0 if its operand's axis has size 1
//
// Stands in front of binary.wgsl and ternary.wgsl, which write `value`: Y's vec4 at i, j, k, c4.
//
// a, b  in the operands' shapes
// y     in the broadcast shape [_, D1, D2, CHANNELS]
//
// A_I, A_J, A_K (and B_…) are the operands' strides in rows, 0 along axes that repeat.

fn a_row(i: u32, j: u32, k: u32, c4: u32) -> vec4f {
  let row = i * A_I + j * A_J + k * A_K;
  if (A_SPLAT == 1) { return a_load(row).xxxx; }
  return a_load(row * C4 + c4);
}

fn b_row(i: u32, j: u32, k: u32, c4: u32) -> vec4f {
  let row = i * B_I + j * B_J + k * B_K;
  if (B_SPLAT == 1) { return b_load(row).xxxx; }
  return b_load(row * C4 + c4);
}

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  let c4 = thread % C4;
  let row = thread / C4;
  y_store(thread, within(value(row / D2 / D1, row / D2 % D1, row % D2, c4), c4, CHANNELS));
}
