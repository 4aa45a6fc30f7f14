// The contributions of all triplets of every anchor to loss and metrics; triplet_total.wgsl sums over anchors.
//
//   terms[a] = sum over positives p of a, over negatives n of a of hinge(d(a, p) - d(a, n))
//
// Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017.
//
// distances [B, B]
// relations [B, B]  from relations.wgsl
// terms     [B, 8]  sum of terms, active triplets, sum of d(a, p), sum of d(a, n),
//                   triplets, triplets again, 1 if a has no positive, 1 if a has no negative
//
// A workgroup takes an anchor, its lanes the positives: no list of triplets is written.
// hinge() and is_active() come from hinge.wgsl.

fn run_group(anchor: u32, lane: u32) {
  if (anchor >= B) { return; }
  let ones = vec4f(1.0);
  var sums = vec4f(0.0);
  // Triplets, positives, negatives.
  var counts = vec4f(0.0);
  for (var p = lane; p < B; p += 64u) {
    let relation = relations_at(anchor * B4 * 4u + p);
    if (relation < 0.0) { counts.z += 1.0; }
    if (relation > 0.0) {
      counts.y += 1.0;
      let positive = distances_at(anchor * B4 * 4u + p);
      for (var n4 = anchor * B4; n4 < (anchor + 1u) * B4; n4++) {
        let negative = distances_load(n4);
        let chosen = relations_load(n4) < vec4f(0.0);
        let one = select(vec4f(0.0), ones, chosen);
        let x = vec4f(positive) - negative;
        let number = dot(one, ones);
        sums += vec4f(
          dot(select(vec4f(0.0), hinge(x), chosen), ones),
          dot(select(vec4f(0.0), one, is_active(x)), ones),
          number * positive,
          dot(select(vec4f(0.0), negative, chosen), ones),
        );
        counts.x += number;
      }
    }
  }
  let total = workgroup_sum(lane, sums);
  let all = workgroup_sum(lane, counts);
  if (lane == 0u) {
    let without = select(vec2f(0.0), vec2f(1.0), all.yz == vec2f(0.0));
    terms_store(anchor * 2u, total);
    terms_store(anchor * 2u + 1u, vec4f(all.xx, without));
  }
}
