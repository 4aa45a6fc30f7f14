// The second half of every anchor's hardest quadruplet: its nearest negative, and the image nearest to that one of a third
// identity. (Chen, Chen, Zhang, Huang, 2017.)
//
//   l(a) = argmin_l distances[a, l]  over  labels[l] != labels[a]
//   k(a) = argmin_k distances[l(a), k]  over  labels[k] != labels[a], labels[k] != labels[l(a)]
//
// labels    [B]        identities
// hard      [B, 1, 2]  from hard_triplets.wgsl: a's farthest positive, and l(a)
// nearest   [B, 2]     from nearest_identities.wgsl: k(a) is the first of l(a)'s that is not of a's identity
// selection [1, B, 2]  indices into the distances as one row of B · B: a's positive, then (l, k); NONE where there is
//                      none. Ties go to the lowest index.

const NONE = 0xffffffffu;

fn run(anchor: u32) {
  if (anchor >= B) { return; }
  let positive = hard_at(anchor * 2u);
  let l = hard_at(anchor * 2u + 1u);
  var pair = NONE;
  if (l != NONE) {
    var k = nearest_at(l * 2u);
    if (k != NONE && labels_at(k) == labels_at(anchor)) { k = nearest_at(l * 2u + 1u); }
    if (k != NONE) { pair = l * B + k; }
  }
  selection_store(anchor * 2u, select(anchor * B + positive, NONE, positive == NONE));
  selection_store(anchor * 2u + 1u, pair);
}
