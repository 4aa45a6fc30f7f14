// Distances at given columns: a ranking reads back only these, and not the whole block.
//
//   y[q, i] = distances[q, columns[q, i]], or 0 if there is no such column
//
// distances [Q, N]
// columns   [Q, M]   u32
// y         [Q, M]

fn run(thread: u32) {
  if (thread >= Q * M4) { return; }
  let q = thread / M4;
  let i4 = thread % M4;
  var y = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    let i = i4 * 4u + k;
    let column = columns_at(q * M + min(i, M - 1u));
    let d = distances_at(q * N4 * 4u + min(column, N - 1u));
    y[k] = select(0.0, d, i < M && column < N);
  }
  y_store(thread, y);
}
