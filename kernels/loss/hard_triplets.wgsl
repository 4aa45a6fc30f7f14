// The hardest triplet of every anchor: farthest positive, nearest negative (Hermans, Beyer, Leibe, 2017).
//
//   positive(a) = argmax_j distances[a, j]  over  j != a, labels[j] = labels[a]
//   negative(a) = argmin_j distances[a, j]  over  labels[j] != labels[a]
//
// distances [B, B]
// labels    [B]        identities
// selection [B, 1, 2]  positive(a), negative(a); NONE if there is none. Ties go to the lowest index.

const NONE = 0xffffffffu;

fn run(anchor: u32) {
  if (anchor >= B) { return; }
  let identity = labels_at(anchor);
  var positive = NONE;
  var negative = NONE;
  var farthest = 0.0;
  var nearest = 0.0;
  for (var j4 = 0u; j4 < B4; j4++) {
    let row = distances_load(anchor * B4 + j4);
    for (var k = 0u; k < 4u; k++) {
      let j = j4 * 4u + k;
      if (j < B && j != anchor) {
        let d = row[k];
        if (labels_at(j) == identity) {
          if (positive == NONE || d > farthest) {
            positive = j;
            farthest = d;
          }
        } else if (negative == NONE || d < nearest) {
          negative = j;
          nearest = d;
        }
      }
    }
  }
  selection_store(anchor * 2u, positive);
  selection_store(anchor * 2u + 1u, negative);
}
