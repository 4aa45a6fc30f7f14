// The nearest negative of every image, and the nearest of a third identity: one of them is the nearest of an identity that
// is neither the image's nor a given one.
//
//   first(l)  = argmin_k distances[l, k]  over  labels[k] != labels[l]
//   second(l) = argmin_k distances[l, k]  over  labels[k] != labels[l], labels[k] != labels[first(l)]
//
// distances [B, B]
// labels    [B]     identities
// nearest   [B, 2]  first(l), second(l); NONE if there is none. Ties go to the lowest index.

const NONE = 0xffffffffu;

fn run(row: u32) {
  if (row >= B) { return; }
  let identity = labels_at(row);
  var found = vec2u(NONE);
  var identities = vec2u(0u);
  var least = vec2f(0.0);
  for (var k4 = 0u; k4 < B4; k4++) {
    let distances = distances_load(row * B4 + k4);
    for (var i = 0u; i < 4u; i++) {
      let k = k4 * 4u + i;
      let other = labels_at(min(k, B - 1u));
      if (k < B && other != identity) {
        let d = distances[i];
        let known = found.x != NONE && other == identities.x;
        if (found.x == NONE || d < least.x) {
          // What was first is second now, unless it is of the same identity.
          if (!known) {
            found.y = found.x;
            identities.y = identities.x;
            least.y = least.x;
          }
          found.x = k;
          identities.x = other;
          least.x = d;
        } else if (!known && (found.y == NONE || d < least.y)) {
          found.y = k;
          identities.y = other;
          least.y = d;
        }
      }
    }
  }
  nearest_store(row * 2u, found.x);
  nearest_store(row * 2u + 1u, found.y);
}
