// A semi-hard negative for every ordered positive pair (Schroff, Kalenichenko, Philbin, 2015; as in TensorFlow Addons).
//
//   negative(a, p) = argmin_n distances[a, n]  over  labels[n] != labels[a], distances[a, n] > distances[a, p],
//                    or, where there is none, argmax_n distances[a, n] over labels[n] != labels[a]
//
// distances [B, B]
// labels    [B]        identities
// selection [B, B, 2]  p, or NONE where (a, p) is no positive pair;  negative(a, p), or NONE where the anchor has
//                      no negative at all. Ties go to the lowest index.
//
// A thread takes one anchor and four positives.

const NONE = 0xffffffffu;

fn run(thread: u32) {
  if (thread >= B * B4) { return; }
  let anchor = thread / B4;
  let first = thread % B4 * 4u;
  let identity = labels_at(anchor);
  let positive = distances_load(thread);

  var outside = vec4u(NONE);
  var nearest = vec4f(0.0);
  var fallback = NONE;
  var farthest = 0.0;
  for (var n4 = 0u; n4 < B4; n4++) {
    let row = distances_load(anchor * B4 + n4);
    for (var k = 0u; k < 4u; k++) {
      let n = n4 * 4u + k;
      if (n < B && labels_at(min(n, B - 1u)) != identity) {
        let d = vec4f(row[k]);
        let better = (d > positive) & ((outside == vec4u(NONE)) | (d < nearest));
        outside = select(outside, vec4u(n), better);
        nearest = select(nearest, d, better);
        if (fallback == NONE || row[k] > farthest) {
          fallback = n;
          farthest = row[k];
        }
      }
    }
  }
  let negative = select(outside, vec4u(fallback), outside == vec4u(NONE));
  for (var k = 0u; k < 4u; k++) {
    let p = first + k;
    if (p < B) {
      let pair = p != anchor && labels_at(p) == identity;
      selection_store((anchor * B + p) * 2u, select(NONE, p, pair));
      selection_store((anchor * B + p) * 2u + 1u, negative[k]);
    }
  }
}
