// Gradients of a loss as it is; stands in front of an optimizer's kernel. See scaled_gradients.wgsl.
//
// gradient(i) = g_i

fn gradient(i: u32) -> vec4f { return gradients_load(i); }

fn skipped() -> bool { return false; }
