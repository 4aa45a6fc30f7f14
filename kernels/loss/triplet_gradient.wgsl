// Gradient of a triplet loss with respect to the distances.
//
//   ddistances[a, j] = dloss / triplets · (sum of slopes of a's triplets with p = j - of those with n = j)
//   slope(a, p, n)   = slope(d(a, p) - d(a, n)) of hinge.wgsl
//
// distances, ddistances [ROWS, COLUMNS]
// selection             [ROWS, SLOTS, 2]  as in triplet_terms.wgsl
// metrics               [8]               from triplet_total.wgsl; the fifth is the number of triplets
// dloss                 []

const NONE = 0xffffffffu;

fn run(thread: u32) {
  if (thread >= ROWS * COLUMNS4) { return; }
  let row = thread / COLUMNS4;
  let start = row * COLUMNS4 * 4u;
  let columns = vec4u(thread % COLUMNS4 * 4u) + vec4u(0u, 1u, 2u, 3u);
  var sum = vec4f(0.0);
  for (var slot = 0u; slot < SLOTS; slot++) {
    let i = (row * SLOTS + slot) * 2u;
    let p = selection_at(i);
    if (p != NONE) {
      let n = selection_at(i + 1u);
      if (n != NONE || ZERO_WITHOUT_NEGATIVE == 1) {
        var x = distances_at(start + p);
        if (n != NONE) { x -= distances_at(start + n); }
        let s = slope(vec4f(x));
        sum += select(vec4f(0.0), s, columns == vec4u(p));
        sum -= select(vec4f(0.0), s, columns == vec4u(n));
      }
    }
  }
  let scale = dloss_load(0u).x / max(metrics_load(1u).x, 1.0);
  ddistances_store(thread, scale * sum);
}
