// A function of operands that broadcast, as numpy does, over up to four axes. The tables in binary.ts write it: `value`.
//
//   Y[i, j, k, c] = f(A[i', j', k', c'], B[i'', j'', k'', c''], …), where an index is 0 if its operand's axis has size 1
//
// a, b, c  in the operands' shapes
// y        in the broadcast shape [_, D1, D2, CHANNELS]

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  let c4 = thread % C4;
  let row = thread / C4;
  y_store(thread, within(value(row / D2 / D1, row / D2 % D1, row % D2, c4), c4, CHANNELS));
}
