// Sums, maxima and minima over any axes except the last. The table in reduce.ts writes `join`.
//
//   y[o] = join over r of x[kept(o) + reduced(r)]
//
// x  a tensor of up to four axes, seen as vec4s
// y  [SLICES, KEPT]  vec4s of the axes that stay; with several slices, slice s joins r = s, s + SLICES, …
//
// Adjacent axes of one kind are merged into two axes at most. Their n-th element has the offset
// (n / INNER) · OUTER_STRIDE + (n % INNER) · INNER_STRIDE, counted in vec4s of x.

override SLICES: u32;
override KEPT: u32;
override KEPT_INNER: u32;
override KEPT_INNER_STRIDE: u32;
override KEPT_OUTER_STRIDE: u32;
override REDUCED: u32;
override REDUCED_INNER: u32;
override REDUCED_INNER_STRIDE: u32;
override REDUCED_OUTER_STRIDE: u32;

fn reduced(r: u32) -> u32 {
  return (r / REDUCED_INNER) * REDUCED_OUTER_STRIDE + (r % REDUCED_INNER) * REDUCED_INNER_STRIDE;
}

fn run(thread: u32) {
  if (thread >= SLICES * KEPT) { return; }
  let o = thread % KEPT;
  let start = (o / KEPT_INNER) * KEPT_OUTER_STRIDE + (o % KEPT_INNER) * KEPT_INNER_STRIDE;
  var r = thread / KEPT;
  var total = x_load(start + reduced(r));
  for (r += SLICES; r < REDUCED; r += SLICES) { total = join(total, x_load(start + reduced(r))); }
  y_store(thread, total);
}
