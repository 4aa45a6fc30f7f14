// Distances within given triplets of rows (anchor, positive, negative), from differences.
//
//   y[t] = (distance(x[t, 0], x[t, 1]), distance(x[t, 0], x[t, 2])),  metrics as in distance.wgsl
//
// x [TRIPLETS, 3, D],  y [TRIPLETS, 2].  A workgroup takes a triplet.

fn run_group(triplet: u32, lane: u32) {
  if (triplet >= TRIPLETS) { return; }
  var squares = vec4f(0.0);
  var lengths = vec4f(0.0);
  for (var c4 = lane; c4 < D4; c4 += 64u) {
    let a = x_load(triplet * 3u * D4 + c4);
    let p = x_load((triplet * 3u + 1u) * D4 + c4);
    let n = x_load((triplet * 3u + 2u) * D4 + c4);
    squares += vec4f(dot(a - p, a - p), dot(a - n, a - n), 0.0, 0.0);
    if (METRIC == 2) { lengths += vec4f(dot(a, a), dot(p, p), dot(n, n), 0.0); }
  }
  var y = workgroup_sum(lane, squares).xy;
  if (METRIC == 1) { y = select(sqrt(y), vec2f(0.0), y == vec2f(0.0)); }
  if (METRIC == 2) {
    let length = workgroup_sum(lane, lengths);
    let without = (length.yz == vec2f(0.0)) | vec2<bool>(length.x == 0.0);
    y = select(0.5 * y, vec2f(1.0), without);
  }
  if (lane == 0u) { y_store(triplet, vec4f(y, 0.0, 0.0)); }
}
