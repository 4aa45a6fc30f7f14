// The multiplier of gradients that limits their norm. (As torch.nn.utils.clip_grad_norm_.)
//
//   norm = sqrt(squares) · s,   multiplier = s · min(1, LIMIT / (norm + 1e-6))
//
// squares  [1]  sum of the squares of the gradients of the scaled loss
// scaling  [4]  from loss_scale.wgsl: the last is s = 1 / scale, or 0 to skip the step
// clipping [4]  norm of the gradients of the loss, 0, 0, multiplier; replaces scaling in an optimizer
//
// In a step that is skipped norm and multiplier are 0. If the squares overflow, the multiplier is not 0 but tiny: an
// infinite gradient must make the weights infinite, which is reported, and not look like a skipped step.
// One thread does it all.

override LIMIT: f32;

const LEAST = 1e-30;

fn run(thread: u32) {
  if (thread > 0u) { return; }
  let s = scaling_at(3u);
  let norm = select(sqrt(squares_at(0u)) * s, 0.0, s == 0.0);
  clipping_store(0u, vec4f(norm, 0.0, 0.0, s * max(min(1.0, LIMIT / (norm + 1e-6)), LEAST)));
}
