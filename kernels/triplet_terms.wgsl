// What selected triplets contribute to loss and metrics, summed by row of the distances; triplet_total.wgsl sums rows.
//
//   x = d(a, p) - d(a, n);   term = max(0, x + MARGIN), or log(1 + e^x) with SOFT_MARGIN
//
// distances [ROWS, COLUMNS]
// selection [ROWS, SLOTS, 2]  columns of p and n, or NONE. Without p there is no triplet; without n there is none
//                             either (ZERO_WITHOUT_NEGATIVE 0), or d(a, n) counts as 0 (1)
// terms     [ROWS, 8]         sum of terms, active triplets, sum of d(a, p), sum of d(a, n),
//                             triplets, triplets with a negative, 1 if no slot has p, 1 if no slot has n
//
// A triplet is active where its hinge is above 0; with SOFT_MARGIN, where d(a, p) > d(a, n). NaN stays NaN: the
// hinge is (x + |x|) / 2, for max(0, x) may lose it.

override ROWS: u32;
override COLUMNS4: u32;
override SLOTS: u32;
override MARGIN: f32;

const NONE = 0xffffffffu;

fn positive_part(x: f32) -> f32 { return 0.5 * (x + abs(x)); }

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), by its series where 1 + e^-|x| would round.
fn softplus(x: f32) -> f32 {
  let e = exp(-abs(x));
  return positive_part(x) + select(log(1.0 + e), e * (1.0 - 0.5 * e), e < 1e-3);
}

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
      let x = positive - negative;
      var term: f32;
      var is_active: bool;
      if (SOFT_MARGIN == 1) {
        term = softplus(x);
        is_active = x > 0.0;
      } else {
        term = positive_part(x + MARGIN);
        is_active = x + MARGIN > 0.0;
      }
      sums += vec4f(term, select(0.0, 1.0, is_active), positive, negative);
      counts.x += 1.0;
    }
  }
  terms_store(row * 2u, sums);
  terms_store(row * 2u + 1u, counts);
}
