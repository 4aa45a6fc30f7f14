// Where along an axis the largest or smallest number is. The table in reduce.ts writes `better`.
//
//   y[o, i] = the first p for which no x[o, q, i] is better
//
// x [OUTER, SIZE, INNER]  X_ROW padded scalars from one o to the next, X_STRIDE from one p to the next
// y [OUTER, INNER]        u32, not padded
//
// A thread computes one number of y. NaN is better than all else.

fn run(thread: u32) {
  if (thread >= OUTER * INNER) { return; }
  let o = thread / INNER;
  let i = thread % INNER;
  // Elements of the inner axes lie in rows of CHANNELS scalars, padded to C4 vec4s.
  let start = o * X_ROW + i / CHANNELS * C4 * 4u + i % CHANNELS;
  var best = x_at(start);
  var place = 0u;
  for (var p = 1u; p < SIZE; p++) {
    let x = x_at(start + p * X_STRIDE);
    if (better(x, best)) {
      best = x;
      place = p;
    }
  }
  y_store(thread, place);
}
