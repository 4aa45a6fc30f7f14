// The scale of the next step's loss, and whether this step's gradients may be used. (Micikevicius et al. 2018.)
//
//   a number is broken:  skip the step; scale / 2, not below LEAST; good steps = 0
//   none is:             good steps + 1; after GROWTH of them scale · 2, not above MOST, and good steps = 0
//
// broken  [THREADS, 4]  from count_non_finite.wgsl
// scaling [4]           scale, good steps in a row, steps skipped so far, and what these gradients are to be multiplied
//                       by: 1 / scale, or 0 to skip. Updated in place.
//
// One workgroup does it all.

override THREADS: u32;
override LEAST: f32;
override MOST: f32;
override GROWTH: f32;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  var count = vec4f(0.0);
  for (var t = lane; t < THREADS; t += 64u) { count += broken_load(t); }
  let total = workgroup_sum(lane, count).x;
  if (lane == 0u) {
    let s = scaling_load(0u);
    if (total > 0.0) {
      scaling_store(0u, vec4f(max(s.x * 0.5, LEAST), 0.0, s.z + 1.0, 0.0));
    } else {
      let grow = s.y + 1.0 >= GROWTH;
      // A scale above MOST was put there from outside, and stays until it overflows.
      let scale = select(s.x, max(s.x, min(s.x * 2.0, MOST)), grow);
      scaling_store(0u, vec4f(scale, select(s.y + 1.0, 0.0, grow), s.z, 1.0 / s.x));
    }
  }
}
