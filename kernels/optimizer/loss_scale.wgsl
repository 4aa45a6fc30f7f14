// Dynamic loss scaling: the scale of the next step's loss, and whether this step's gradients may be used.
// (Micikevicius et al. 2018.)
//
//   a gradient is not finite:  skip the step; scale / 2, not below LEAST; good steps = 0
//   all are finite:            good steps + 1; after GROWTH of them scale · 2, not above MOST, and good steps = 0
//
// non_finite [1]  1 if a gradient is NaN or infinite, from check_finite.wgsl
// scaling    [4]  scale, good steps in a row, steps skipped so far, and the multiplier of these gradients: 1 / scale, or
//                 0 to skip the step. Updated in place.
//
// One thread does it all.

override LEAST: f32;
override MOST: f32;
override GROWTH: f32;

fn run(thread: u32) {
  if (thread > 0u) { return; }
  let s = scaling_load(0u);
  if (non_finite_at(0u) > 0.0) {
    scaling_store(0u, vec4f(max(s.x * 0.5, LEAST), 0.0, s.z + 1.0, 0.0));
  } else {
    let grow = s.y + 1.0 >= GROWTH;
    // A scale above MOST was set from outside, and stays until it overflows.
    let scale = select(s.x, max(s.x, min(s.x * 2.0, MOST)), grow);
    scaling_store(0u, vec4f(scale, select(s.y + 1.0, 0.0, grow), s.z, 1.0 / s.x));
  }
}
