// The K nearest wrong gallery images of a query, nearest first; ties go to the lowest index.
//
//   nearest[q, k] = argmin_j distances[q, j]  over  gallery[j] != query[q], gallery[j] != 0, j not in nearest[q, < k]
//
// distances [Q, N]  none below 0
// gallery   [N]     identities as whole numbers from 1 on, 0 for images that are not ranked
// query     [Q]     identities in the same numbers
// nearest   [Q, K]  u32; NONE if there are no more
//
// A distance that is NaN comes before all others, even of right matches, so that it is noticed.
//
// A workgroup takes a query. Each lane reads a part of the row and remembers the nearest image in it. K times, the
// workgroup chooses the nearest of these, and the lane that had it searches for its next.

const NONE = 0xffffffffu;

struct Image { distance: f32, index: u32 }

var<workgroup> images: array<Image, 64>;

fn nearer(a: Image, b: Image) -> bool {
  if (a.index == NONE || b.index == NONE) { return b.index == NONE && a.index != NONE; }
  return a.distance < b.distance || (a.distance == b.distance && a.index < b.index);
}

// The nearest image of this lane that comes after `last`.
fn next(lane: u32, q: u32, identity: vec4f, last: Image) -> Image {
  var best = Image(0.0, NONE);
  for (var c4 = lane; c4 < N4; c4 += 64u) {
    let loaded = distances_load(q * N4 + c4);
    let g = gallery_load(c4);
    // By its bits: compilers may assume that no number is NaN.
    let nan = (bitcast<vec4u>(loaded) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
    let d = select(loaded, vec4f(-1.0), nan);
    let index = vec4u(c4 * 4u) + vec4u(0u, 1u, 2u, 3u);
    let after = (d > vec4f(last.distance)) | ((d == vec4f(last.distance)) & (index > vec4u(last.index)));
    let candidate = after & (nan | ((g != identity) & (g != vec4f(0.0))));
    if (any(candidate & ((d < vec4f(best.distance)) | vec4<bool>(best.index == NONE)))) {
      for (var k = 0u; k < 4u; k++) {
        if (candidate[k] && (best.index == NONE || d[k] < best.distance)) { best = Image(d[k], index[k]); }
      }
    }
  }
  return best;
}

fn run_group(q: u32, lane: u32) {
  if (q >= Q) { return; }
  let identity = vec4f(query_at(q));
  var own = next(lane, q, identity, Image(-2.0, 0u));
  for (var k = 0u; k < K; k++) {
    workgroupBarrier(); // As in workgroup_reduce.wgsl.
    images[lane] = own;
    workgroupBarrier();
    for (var width = 32u; width > 0u; width >>= 1u) {
      if (lane < width && nearer(images[lane + width], images[lane])) { images[lane] = images[lane + width]; }
      workgroupBarrier();
    }
    let chosen = images[0];
    if (lane == 0u) { nearest_store(q * K + k, chosen.index); }
    if (chosen.index != NONE && own.index == chosen.index) { own = next(lane, q, identity, chosen); }
  }
}
