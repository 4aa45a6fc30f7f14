// The second half of every anchor's hardest quadruplet: the nearest two images of two identities, neither of them the
// anchor's. (Chen, Chen, Zhang, Huang, 2017.)
//
//   (l, k)(a) = argmin distances[l, k]  over  labels[l] != labels[a], labels[k] != labels[a], labels[l] != labels[k]
//
// distances [B, B]
// labels    [B]        identities
// hard      [B, 1, 2]  from hard_triplets.wgsl, of which the positives are used
// nearest   [B, 2]     from nearest_identities.wgsl: for given l and a, k is the first of them that is not of a's identity
// selection [1, B, 2]  indices into the distances as one row of B · B: a's positive, then (l, k); NONE where there is
//                      none. Of equal pairs that of the lowest l, then of the lowest k.

const NONE = 0xffffffffu;

fn run(anchor: u32) {
  if (anchor >= B) { return; }
  let identity = labels_at(anchor);
  var pair = NONE;
  var least = 0.0;
  for (var l = 0u; l < B; l++) {
    if (labels_at(l) != identity) {
      var k = nearest_at(l * 2u);
      if (k != NONE && labels_at(k) == identity) { k = nearest_at(l * 2u + 1u); }
      if (k != NONE) {
        let d = distances_at(l * B4 * 4u + k);
        if (pair == NONE || d < least) {
          pair = l * B + k;
          least = d;
        }
      }
    }
  }
  let positive = hard_at(anchor * 2u);
  selection_store(anchor * 2u, select(anchor * B + positive, NONE, positive == NONE));
  selection_store(anchor * 2u + 1u, pair);
}
