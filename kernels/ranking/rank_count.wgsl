// For each threshold of a query, the number of wrong gallery images that are not farther. Thresholds are the distances
// of the query's right matches; ties count as nearer. So the rank of a right match is known without sorting.
//
//   counts[q, i] = #{ j : distances[q, j] <= thresholds[q, i],  gallery[j] != query[q],  gallery[j] != 0 }
//
// distances  [Q, N]
// thresholds [Q, M]  a threshold below 0 means none: nothing is counted
// gallery    [N]     identities as whole numbers from 1 on, 0 for images that are not ranked
// query      [Q]     identities in the same numbers
// counts     [Q, M]  exact, as f32 holds whole numbers up to 2^24
//
// A workgroup takes a query and four of its thresholds; its lanes read neighboring vec4s of the row. So a row
// is read once for every four thresholds, of which a query has dozens, not thousands.

fn ones(b: vec4<bool>) -> vec4u { return select(vec4u(0u), vec4u(1u), b); }

fn total(v: vec4u) -> f32 { return f32(v.x + v.y + v.z + v.w); }

fn run_group(task: u32, lane: u32) {
  if (task >= Q * M4) { return; }
  let q = task / M4;
  let threshold = thresholds_load(task);
  let identity = vec4f(query_at(q));
  // Most queries have fewer right matches than the one with the most.
  let column = vec4u(task % M4 * 4u) + vec4u(0u, 1u, 2u, 3u);
  let end = select(0u, N4, any((threshold >= vec4f(0.0)) & (column < vec4u(M))));
  var x = vec4u(0u);
  var y = vec4u(0u);
  var z = vec4u(0u);
  var w = vec4u(0u);
  for (var c4 = lane; c4 < end; c4 += 64u) {
    let d = distances_load(q * N4 + c4);
    let g = gallery_load(c4);
    let wrong = (g != identity) & (g != vec4f(0.0));
    x += ones((d <= threshold.xxxx) & wrong);
    y += ones((d <= threshold.yyyy) & wrong);
    z += ones((d <= threshold.zzzz) & wrong);
    w += ones((d <= threshold.wwww) & wrong);
  }
  let count = workgroup_sum(lane, vec4f(total(x), total(y), total(z), total(w)));
  if (lane == 0u) { counts_store(task, within(count, task % M4, M)); }
}
