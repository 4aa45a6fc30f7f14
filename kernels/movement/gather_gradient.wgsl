// The gradient of gather: a row's gradient is the sum over all rows that it was gathered to, in their order.
//
//   dx[r, i] = sum_{n: indices[n] = r} dy[n, i]
//
// dy      [COUNT, ROW4]  vec4s
// indices [COUNT]        u32
// dx      [ROWS, ROW4]

fn run(thread: u32) {
  if (thread >= ROWS * ROW4) { return; }
  let row = thread / ROW4;
  let i = thread % ROW4;
  var sum = vec4f(0.0);
  for (var n = 0u; n < COUNT; n++) {
    if (indices_at(n) == row) { sum += dy_load(n * ROW4 + i); }
  }
  dx_store(thread, sum);
}
