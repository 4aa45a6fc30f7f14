// Sums, maxima and minima over the last axis and any others. The table in reduce.ts writes `join`.
//
//   y[e] = join over r and lane of x[kept(e) + reduced(r)][lane]
//
// x  a tensor of up to four axes, seen as vec4s, X_CHANNELS scalars in a row of X_C4
// y  [SLICES, ROWS, CHANNELS]  the axes that stay; with several slices, slice s joins r = s, s + SLICES, …
//
// Stands after axis_groups.wgsl, which gives the offsets kept(e) and reduced(r). A thread computes one vec4 of y: four elements e. Zeros that pad a
// row add nothing to a sum; for anything else (PADDED) the first scalar of their vec4 stands in their place.

fn x_four(i: u32) -> vec4f {
  let x = x_load(i);
  if (PADDED == 0) { return x; }
  let channels = vec4u(0u, 1u, 2u, 3u) + vec4u(i % X_C4 * 4u);
  return select(x.xxxx, x, channels < vec4u(X_CHANNELS));
}

fn run(thread: u32) {
  if (thread >= SLICES * ROWS * C4) { return; }
  let slice = thread / (ROWS * C4);
  let row = thread / C4 % ROWS;
  var y = vec4f(0.0);
  for (var element = 0u; element < 4u; element++) {
    let channel = thread % C4 * 4u + element;
    if (channel < CHANNELS) {
      let e = row * CHANNELS + channel;
      let start = kept(e);
      var total = x_four(start + reduced(slice));
      for (var r = slice + SLICES; r < REDUCED; r += SLICES) { total = join(total, x_four(start + reduced(r))); }
      let pairs = join(total.xzxz, total.ywyw);
      y[element] = join(pairs, pairs.yxyx).x;
    }
  }
  y_store(thread, y);
}
