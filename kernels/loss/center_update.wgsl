// Moves the centers of a batch's identities toward its features. (Wen, Zhang, Li, Qiao, 2016, equation 4.)
//
//   c[j] = c[j] - RATE · sum_{i: labels[i] = j} (c[j] - x[i]) / (1 + number of those i)
//
// x       [ROWS, D]
// labels  [ROWS]
// centers [IDENTITIES, D]  updated in place, for the identities in the batch
//
// A thread takes a vec4 of columns of a row, and does work only if the row is the first of its identity. So every center
// is updated once, by rows in their order.

override RATE: f32;

fn run(thread: u32) {
  let row = thread / D4;
  if (row >= ROWS) { return; }
  let identity = labels_at(row);
  if (identity >= IDENTITIES) { return; }
  for (var i = 0u; i < row; i++) {
    if (labels_at(i) == identity) { return; }
  }
  let c4 = thread % D4;
  let center = centers_load(identity * D4 + c4);
  var sum = vec4f(0.0);
  var count = 0.0;
  for (var i = row; i < ROWS; i++) {
    if (labels_at(i) == identity) {
      sum += center - x_load(i * D4 + c4);
      count += 1.0;
    }
  }
  centers_store(identity * D4 + c4, center - RATE / (1.0 + count) * sum);
}
