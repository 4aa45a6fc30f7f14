// Softmax cross-entropy with label smoothing, row by row (Szegedy et al., 2016).
//
//   loss[r] = -sum_c q[r, c] log softmax(z[r])_c,   q[r, c] = (1 - SMOOTHING) [c = labels[r]] + SMOOTHING / CLASSES
//           = -(1 - SMOOTHING) (z[r, label] - m) - SMOOTHING / CLASSES sum_c (z[r, c] - m) + log sum_c e^(z[r, c] - m)
//
// logits [ROWS, CLASSES]  z, of largest m in a row
// labels [ROWS]           0 <= label < CLASSES
// rows   [ROWS, 4]        loss, m, log sum_c e^(z - m), 1 if the label's logit is above all others (a tie is wrong)
//
// A workgroup takes a row.

override SMOOTHING: f32;

const LOWEST = -3.4028234e38;

fn run_group(row: u32, lane: u32) {
  if (row >= ROWS) { return; }
  let label = labels_at(row);
  let labeled = logits_at(row * C4 * 4u + label);

  var highest = LOWEST;
  for (var c4 = lane; c4 < C4; c4 += 64u) {
    let z = logits_load(row * C4 + c4);
    for (var k = 0u; k < 4u; k++) {
      if (c4 * 4u + k < CLASSES) { highest = max(highest, z[k]); }
    }
  }
  let largest = workgroup_max(lane, highest);

  // Sum of e^(z - m), sum of z - m, and how many other classes reach the label's logit.
  var sums = vec4f(0.0);
  for (var c4 = lane; c4 < C4; c4 += 64u) {
    let z = logits_load(row * C4 + c4);
    for (var k = 0u; k < 4u; k++) {
      let c = c4 * 4u + k;
      if (c < CLASSES) {
        let rival = c != label && z[k] >= labeled;
        sums += vec4f(exp(z[k] - largest), z[k] - largest, select(0.0, 1.0, rival), 0.0);
      }
    }
  }
  let total = workgroup_sum(lane, sums);
  if (lane == 0u) {
    let log_sum = log(total.x);
    let loss = log_sum - (1.0 - SMOOTHING) * (labeled - largest) - SMOOTHING / f32(CLASSES) * total.y;
    rows_store(row, vec4f(loss, largest, log_sum, select(0.0, 1.0, total.z == 0.0)));
  }
}
