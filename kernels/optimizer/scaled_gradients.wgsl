// Gradients of a loss that was multiplied by a scale; stands in front of an optimizer's kernel.
// (Micikevicius et al. 2018.)
//
//   gradient(i) = g_i / scale;   skipped() if any gradient is not finite: then nothing is updated
//
// gradients [LENGTH4] vec4s
// scaling   [4]  from loss_scale.wgsl: scale, good steps, skipped steps, and 1 / scale of these gradients or 0

fn gradient(i: u32) -> vec4f { return gradients_load(i) * scaling_at(3u); }

fn skipped() -> bool { return scaling_at(3u) == 0.0; }
