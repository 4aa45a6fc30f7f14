// Where the elements of a reduction lie. Adjacent axes that stay, and adjacent axes that are reduced, are merged into two axes
// of each kind at most, whose n-th element has the offset
//
//   offset(n) = (n / INNER) · OUTER_STRIDE + (n % INNER) · INNER_STRIDE   in vec4s of x
//
// Stands in front of reduce.wgsl and reduce_channels.wgsl.

fn kept(n: u32) -> u32 {
  return (n / KEPT_INNER) * KEPT_OUTER_STRIDE + (n % KEPT_INNER) * KEPT_INNER_STRIDE;
}

fn reduced(n: u32) -> u32 {
  return (n / REDUCED_INNER) * REDUCED_OUTER_STRIDE + (n % REDUCED_INNER) * REDUCED_INNER_STRIDE;
}
