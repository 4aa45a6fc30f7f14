// Rows of X by index.
//
//   y[n, i] = x[indices[n], i], or 0 if there is no such row
//
// x       [ROWS, ROW4]   vec4s
// indices [COUNT]        u32
// y       [COUNT, ROW4]

fn run(thread: u32) {
  if (thread >= COUNT * ROW4) { return; }
  let row = indices_at(thread / ROW4);
  let x = x_load(min(row, ROWS - 1u) * ROW4 + thread % ROW4);
  y_store(thread, select(vec4f(0.0), x, row < ROWS));
}
