// Per-channel sums that batch norm's gradient needs, over slices of rows.
//
//   g[r, c] = dz[r, c] where the map z of x did not clamp, else 0
//   sums: sum_r g,   sum_r g · (x - mean) / sqrt(variance + epsilon)
//
// x       [ROWS, C]  the input of the batch norm, with its map (x_coefficients: scale, shift)
// dz      [ROWS, C]  gradient of the normalised (and clamped) output
// moments [2, C]     mean, 1 / sqrt(variance + epsilon)
// partial [SLICES, 2, C]

override ROWS: u32;
override C4: u32;
override SLICES: u32;
override SLICE_ROWS: u32;

fn run(thread: u32) {
  let c4 = thread % C4;
  let slice = thread / C4;
  if (slice >= SLICES) { return; }
  let scale = coefficients_load(c4);
  let shift = coefficients_load(C4 + c4);
  let mean = moments_load(c4);
  let inverse = moments_load(C4 + c4);
  let last = min((slice + 1u) * SLICE_ROWS, ROWS);
  var sum = vec4f(0.0);
  var projection = vec4f(0.0);
  for (var row = slice * SLICE_ROWS; row < last; row++) {
    let i = row * C4 + c4;
    let x = x_load(i);
    var g = dz_load(i);
    if (RELU6 == 1) {
      let z = fma(x, scale, shift);
      g = select(vec4f(0.0), g, (z > vec4f(0.0)) & (z < vec4f(6.0)));
    }
    sum += g;
    projection = fma(g, (x - mean) * inverse, projection);
  }
  partial_store(slice * 2u * C4 + c4, sum);
  partial_store((slice * 2u + 1u) * C4 + c4, projection);
}
