// Gradient of the distances within triplets of rows.
//
//   dx[t, 0] = w0 (a - p) + w1 (a - n),  dx[t, 1] = -w0 (a - p),  dx[t, 2] = -w1 (a - n)
//   w = dy[t] f(y[t]) with f of distance_weights.wgsl
//
// x, dx [TRIPLETS, 3, D],  y, dy [TRIPLETS, 2]

fn run(thread: u32) {
  if (thread >= TRIPLETS * D4) { return; }
  let triplet = thread / D4;
  let anchor = triplet * 3u * D4 + thread % D4;
  let a = x_load(anchor);
  let y = y_load(triplet).xy;
  var w = dy_load(triplet).xy;
  if (METRIC == 0) { w = 2.0 * w; }
  if (METRIC == 1) { w = select(w / y, vec2f(0.0), y == vec2f(0.0)); }
  let toward_positive = w.x * (a - x_load(anchor + D4));
  let toward_negative = w.y * (a - x_load(anchor + 2u * D4));
  dx_store(anchor, toward_positive + toward_negative);
  dx_store(anchor + D4, -toward_positive);
  dx_store(anchor + 2u * D4, -toward_negative);
}
