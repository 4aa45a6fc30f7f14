// Gradient of batch norm (and ReLU6) with respect to its input.
//
//   dx = scale · g + a · x + b,   g = dz where z = scale · x + shift was not clamped, else 0
//
// x, dz, dx    [ROWS, C]
// coefficients [4, C]  scale, shift, a, b from batch_norm_gradient_coefficients.wgsl

override ROWS: u32;
override C4: u32;

fn run(thread: u32) {
  let c4 = thread % C4;
  let row = thread / C4 * u32(TILE_ROWS);
  if (row >= ROWS) { return; }
  let scale = coefficients_load(c4);
  let shift = coefficients_load(C4 + c4);
  let a = coefficients_load(2u * C4 + c4);
  let b = coefficients_load(3u * C4 + c4);
  @unroll for (var r = 0; r < TILE_ROWS; r++) {
    if (row + u32(r) < ROWS) {
      let i = (row + u32(r)) * C4 + c4;
      let x = x_load(i);
      var g = dz_load(i);
      if (RELU6 == 1) {
        let z = fma(x, scale, shift);
        g = select(vec4f(0.0), g, (z > vec4f(0.0)) & (z < vec4f(6.0)));
      }
      dx_store(i, fma(scale, g, fma(a, x, b)));
    }
  }
}
