// A triplet loss and its metrics, from the sums of its rows.
//
//   loss = sum of terms / triplets, or 0 without a triplet;  with MEAN_OF_ACTIVE the sum / active triplets
//
// terms   [ROWS, 8]     from triplet_terms.wgsl or all_triplet_terms.wgsl
// partial [1, 2, D]     means of the embeddings' columns, then their sums of squared deviations
//                       (batch_norm_statistics.wgsl over one slice)
// loss    []
// metrics [8]           loss, share of active triplets, mean d(a, p), mean d(a, n) of triplets with a negative,
//                       triplets, rows without p, rows without n,
//                       spread = root of the embeddings' mean squared distance from their mean
//
// One workgroup does it all.

fn run_group(_group: u32, lane: u32) {
  var row_sums = vec4f(0.0);
  var row_counts = vec4f(0.0);
  for (var row = lane; row < ROWS; row += 64u) {
    row_sums += terms_load(row * 2u);
    row_counts += terms_load(row * 2u + 1u);
  }
  var squares = vec4f(0.0);
  for (var c4 = lane; c4 < D4; c4 += 64u) { squares += partial_load(D4 + c4); }
  let sums = workgroup_sum(lane, row_sums);
  let counts = workgroup_sum(lane, row_counts);
  let spread = sqrt(dot(workgroup_sum(lane, squares), vec4f(1.0)) / f32(EMBEDDINGS));
  if (lane == 0u) {
    let terms = select(counts.x, sums.y, MEAN_OF_ACTIVE == 1);
    let means = sums / max(vec4f(terms, counts.xx, counts.y), vec4f(1.0));
    loss_store(0u, vec4f(means.x, 0.0, 0.0, 0.0));
    metrics_store(0u, means);
    metrics_store(1u, vec4f(counts.x, counts.z, counts.w, spread));
  }
}
