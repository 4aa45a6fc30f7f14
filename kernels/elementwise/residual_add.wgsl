// Y = prologue_a(A) + prologue_b(B): the end of a residual block; each side may have a batch norm to apply on load.
//
// a, b, y [ROWS, C]

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  let c4 = thread % C4;
  y_store(thread, a_value(thread, a_prologue(c4)) + b_value(thread, b_prologue(c4)));
}
