// Sums, maxima and minima over any axes except the last. The table in reduce.ts writes `join`.
//
//   y[o] = join over r of x[kept(o) + reduced(r)]
//
// x  a tensor of up to four axes, seen as vec4s
// y  [SLICES, KEPT]  vec4s of the axes that stay; with several slices, slice s joins r = s, s + SLICES, …
//
// Stands after axis_groups.wgsl, which gives the offsets kept(o) and reduced(r).

fn run(thread: u32) {
  if (thread >= SLICES * KEPT) { return; }
  let o = thread % KEPT;
  let start = kept(o);
  var r = thread / KEPT;
  var total = x_load(start + reduced(r));
  for (r += SLICES; r < REDUCED; r += SLICES) { total = join(total, x_load(start + reduced(r))); }
  y_store(thread, total);
}
