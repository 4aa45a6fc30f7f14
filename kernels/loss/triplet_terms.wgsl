// The contributions of selected triplets to loss and metrics, summed for each row of the distances; triplet_total.wgsl
// sums over rows.
//
//   term = hinge(d(a, p) - d(a, n))
//
// distances [ROWS, COLUMNS]
// selection [ROWS, SLOTS, 2]  columns of p and n, or NONE. Without p there is no triplet; without n there is none
//                             either (ZERO_WITHOUT_NEGATIVE 0), or d(a, n) counts as 0 (1)
// terms     [ROWS, 8]         sum of terms, active triplets, sum of d(a, p), sum of d(a, n),
//                             triplets, triplets with a negative, 1 if no slot has p, 1 if no slot has n
//
// hinge() and is_active() come from hinge.wgsl.

const NONE = 0xffffffffu;

fn run(row: u32) {
  if (row >= ROWS) { return; }
  let start = row * COLUMNS4 * 4u;
  var sums = vec4f(0.0);
  var counts = vec4f(0.0, 0.0, 1.0, 1.0);
  for (var slot = 0u; slot < SLOTS; slot++) {
    let i = (row * SLOTS + slot) * 2u;
    let p = selection_at(i);
    let n = selection_at(i + 1u);
    if (p != NONE) { counts.z = 0.0; }
    if (n != NONE) { counts.w = 0.0; }
    if (p != NONE && (n != NONE || ZERO_WITHOUT_NEGATIVE == 1)) {
      let positive = distances_at(start + p);
      var negative = 0.0;
      if (n != NONE) {
        negative = distances_at(start + n);
        counts.y += 1.0;
      }
      let x = vec4f(positive - negative);
      sums += vec4f(hinge(x).x, select(0.0, 1.0, is_active(x).x), positive, negative);
      counts.x += 1.0;
    }
  }
  terms_store(row * 2u, sums);
  terms_store(row * 2u + 1u, counts);
}
