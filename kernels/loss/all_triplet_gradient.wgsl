// Gradient of the batch-all loss with respect to the distances.
//
//   ddistances[a, p] =  dloss / terms · sum over negatives n of a of slope(d(a, p) - d(a, n))
//   ddistances[a, n] = -dloss / terms · sum over positives p of a of slope(d(a, p) - d(a, n))
//   terms            =  triplets, or with MEAN_OF_ACTIVE the active ones
//
// distances, ddistances [B, B]
// relations             [B, B]  from relations.wgsl
// metrics               [8]     from triplet_total.wgsl; the second is the active share, the fifth the triplets
// dloss                 []
//
// A thread takes four columns of an anchor. With relations r both sums are one, over all i of other sign than j:
// r_j · slope(r_j · (d_j - d_i)). slope() comes from hinge.wgsl.

fn run(thread: u32) {
  if (thread >= B * B4) { return; }
  let own = relations_load(thread);
  let d = distances_load(thread);
  let row = thread / B4 * B4;
  var sum = vec4f(0.0);
  for (var i4 = row; i4 < row + B4; i4++) {
    let others = relations_load(i4);
    let distances = distances_load(i4);
    for (var k = 0u; k < 4u; k++) {
      let x = own * (d - vec4f(distances[k]));
      sum += select(vec4f(0.0), own * slope(x), own * others[k] == vec4f(-1.0));
    }
  }
  let triplets = metrics_load(1u).x;
  let terms = select(triplets, triplets * metrics_load(0u).y, MEAN_OF_ACTIVE == 1);
  ddistances_store(thread, dloss_load(0u).x / max(terms, 1.0) * sum);
}
