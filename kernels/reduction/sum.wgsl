// Sums over any axes except the last.
//
//   y[o] = sum_r x[kept(o) + reduced(r)]
//
// x  a tensor of up to four axes, seen as vec4s
// y  [SLICES, KEPT]  vec4s of the axes that stay; with several slices, slice s adds r = s, s + SLICES, …
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

fn run(thread: u32) {
  if (thread >= SLICES * KEPT) { return; }
  let o = thread % KEPT;
  let start = (o / KEPT_INNER) * KEPT_OUTER_STRIDE + (o % KEPT_INNER) * KEPT_INNER_STRIDE;
  var sum = vec4f(0.0);
  for (var r = thread / KEPT; r < REDUCED; r += SLICES) {
    let offset = (r / REDUCED_INNER) * REDUCED_OUTER_STRIDE + (r % REDUCED_INNER) * REDUCED_INNER_STRIDE;
    sum += x_load(start + offset);
  }
  y_store(thread, sum);
}
